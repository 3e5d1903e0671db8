"""The command ``calibrate``, as a person or a program uses it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np

from pymodaq_hsi.envi import open_envi, write_envi

if TYPE_CHECKING:
    from pathlib import Path


def run(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pymodaq_hsi.cli", "calibrate", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, encoding="utf-8")


def test_a_batch_is_calibrated_with_what_lies_beside_each_cube_and_goes_on_after_one_that_has_none(
    tmp_path: Path,
) -> None:
    counts = np.arange(24, dtype="u2").reshape(4, 3, 2) * 100
    for name in ("a", "b", "c"):
        write_envi(tmp_path / f"{name}.hdr", counts, interleave="bil")
        if name != "b":
            write_envi(tmp_path / f"{name}_White.hdr", np.full((2, 3, 2), 2000, "u2"))
            write_envi(tmp_path / f"{name}_Dark.hdr", np.full((2, 3, 2), 100, "u2"))
    (tmp_path / "out").mkdir()
    cubes = [tmp_path / f"{name}.hdr" for name in ("a", "b", "c")]
    done = run(*cubes, "-o", tmp_path / "out", "--saturation", 2200, "--panel", 0.5, "--json", "--memory", "1MB")
    assert done.returncode == 1, done.stderr
    assert "error: " in done.stderr
    assert "b.hdr: reflectance needs a white reference" in done.stderr
    assert "Traceback" not in done.stderr
    told = json.loads(done.stdout)
    assert (told["failed"], [one.get("saturated_samples") for one in told["calibrated"]]) == (1, [2, None, 2])
    expected = 0.5 * (counts - 100.0) / 1900
    expected[counts >= 2200] = np.nan
    for name in ("a", "c"):
        cube = open_envi(tmp_path / "out" / f"{name}_Calibrated.hdr")
        np.testing.assert_allclose(cube.data, expected, rtol=1e-6)
        assert cube.header.interleave == "bil"


def test_what_cannot_be_done_is_one_line_and_what_is_there_is_kept(tmp_path: Path) -> None:
    raw = write_envi(tmp_path / "a.hdr", np.ones((2, 3, 2), "u2"))
    (tmp_path / "y.h5").write_bytes(b"mine")
    white = write_envi(tmp_path / "w.hdr", np.full((1, 3, 2), 9, "u2"))
    refused = run(raw, "--white", white, "-o", tmp_path / "y.h5")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "--overwrite" in refused.stderr
    assert (tmp_path / "y.h5").read_bytes() == b"mine"
