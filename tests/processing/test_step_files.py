"""Steps are read from files that people write, with maps beside them; what is wrong with a file is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pymodaq_hsi.envi import write_envi
from pymodaq_hsi.errors import OutputError, OutputExists, StepError
from pymodaq_hsi.processing.steps import (
    Bin,
    Crop,
    DeadPixels,
    Keystone,
    Resample,
    Smile,
    Standardisation,
    read_dead_pixels,
    read_steps,
    write_steps,
)

if TYPE_CHECKING:
    from pathlib import Path

ALL = Standardisation(
    [
        DeadPixels([(1, 2)], detect=7.0),
        Smile(shifts=np.arange(6.0).reshape(2, 3)),
        Keystone((0.5, 1e-3)),
        Crop(wavelengths=(450.0, 900.0)),
        Bin(2, 1, "sum", "drop"),
        Resample((500.0, 600.0), "gaussian", (10.0, 12.5)),
    ]
)


@pytest.mark.parametrize("ending", ["toml", "json"])
def test_steps_come_back_from_their_file(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"steps.{ending}"
    write_steps(path, ALL)
    assert read_steps(path) == ALL
    with pytest.raises(OutputExists, match="exists already"):
        write_steps(path, ALL)
    write_steps(path, Standardisation(), overwrite=True)
    assert len(read_steps(path)) == 0
    with pytest.raises(OutputError, match=r"\.toml or \.json"):
        write_steps(tmp_path / "steps.yaml", ALL)


def test_maps_stand_in_files_beside_the_steps(tmp_path: Path) -> None:
    shifts = np.array([[0.1, 0.2, 0.25], [0.5, 0.75, 1.0]])
    np.save(tmp_path / "map.npy", shifts)
    write_envi(tmp_path / "map.hdr", shifts[np.newaxis])
    (tmp_path / "map.txt").write_text("shift in nm\n0.1 0.2 0.25\n0.5 0.75 1.0\n")
    (tmp_path / "column.csv").write_text("0.5\n1.5\n")
    mask = np.array([[0, 0, 1], [0, 1, 0]], np.uint8)
    np.save(tmp_path / "dead.npy", mask)
    write_envi(tmp_path / "dead.hdr", mask[np.newaxis, :, ::-1], wavelengths=[600, 500, 400])
    (tmp_path / "dead.csv").write_text("pixel,band\n1,1\n0,2\n")
    for name in ("map.npy", "map.hdr", "map.txt"):
        (tmp_path / "steps.toml").write_text(f'[[steps]]\nkind = "smile"\nfile = "{name}"\n')
        assert read_steps(tmp_path / "steps.toml").steps == (Smile(shifts=shifts),)
    (tmp_path / "steps.toml").write_text('[[steps]]\nkind = "keystone"\nfile = "column.csv"\n')
    assert read_steps(tmp_path / "steps.toml").steps == (Keystone(shifts=(0.5, 1.5)),)
    for name in ("dead.npy", "dead.hdr", "dead.csv"):
        (tmp_path / "steps.json").write_text(f'[{{"kind": "dead_pixels", "file": "{name}", "detect": 9}}]')
        assert read_steps(tmp_path / "steps.json").steps == (DeadPixels([(0, 2), (1, 1)], detect=9.0),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[steps", "no steps"),
        ("steps = 3", "list of tables"),
        ('[[steps]]\nkind = "smile"\nfile = "none.npy"', "no file .*none.npy"),
        ('[[steps]]\nkind = "smile"\nfile = 3', "give a name"),
        ('[[steps]]\nkind = "smile"\nfile = "a.txt"\nshifts = [1]', "shifts and a file"),
        ('[[steps]]\nkind = "smile"\nfile = "words.txt"', "no line with a number"),
        ('[[steps]]\nkind = "crop"\nfile = "a.txt"', "step 1: the step crop has no 'file'"),
        ('[[steps]]\nkind = "dead_pixels"\nfile = "none.csv"', "no file .*none.csv"),
    ],
)
def test_what_is_wrong_with_steps_is_said_with_their_file(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("nothing\n")
    (tmp_path / "steps.toml").write_text(text)
    with pytest.raises(StepError, match=said) as caught:
        read_steps(tmp_path / "steps.toml")
    assert "steps.toml" in str(caught.value)
    with pytest.raises(StepError, match=r"no file .*other\.toml"):
        read_steps(tmp_path / "other.toml")


@pytest.mark.parametrize(
    ("text", "said"), [("1.5,2\n", r"\(1\.5, 2\.0\)"), ("1,x\n", "line 1"), ("1\n", "line 1"), ("-1,2\n", "at least 0")]
)
def test_what_is_wrong_with_dead_pixels_is_said(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "dead.csv").write_text(text)
    with pytest.raises(StepError, match=said):
        read_dead_pixels(tmp_path / "dead.csv")
    np.save(tmp_path / "cube.npy", np.zeros((2, 3, 4)))
    with pytest.raises(StepError, match=r"shape \(2, 3, 4\)"):
        read_dead_pixels(tmp_path / "cube.npy")
