"""``pymodaq-hsi reference``, as a person or a program uses it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

import pymodaq_hsi as hsi
from pymodaq_hsi.cli.app import main
from pymodaq_hsi.envi import open_envi

if TYPE_CHECKING:
    from pathlib import Path

CAMERA = ("--set", "PixelCount=16", "--set", "BandCount=24")


@dataclass
class Done:
    """How a command ended, and what it printed."""

    returncode: object
    stdout: str
    stderr: str


def run(folder: Path, *words: object) -> Done:
    """Run a command in this process: starting one for each takes longer than all the rest."""
    out, err = io.StringIO(), io.StringIO()
    before, here = signal.getsignal(signal.SIGTERM), os.getcwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
    finally:
        os.chdir(here)
        signal.signal(signal.SIGTERM, before)
    return Done(end.value.code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a white reference in it."""
    folder = tmp_path_factory.mktemp("references")
    (folder / "panel.csv").write_text("nm,R\n300,0.98\n1100,0.99\n")
    done = run(
        folder, "reference", "take", "white", "--frames", 3, "--panel", "panel.csv", *CAMERA, "--output", "w.hsiref"
    )
    assert done.returncode == 0, done.stderr
    assert "file: " in done.stdout
    return folder


def test_show_says_what_is_in_a_file(folder: Path) -> None:
    told = run(folder, "reference", "show", "w.hsiref").stdout
    for said in ("WhiteReference: 3 frames of (16, 24) uint16", "table panel.csv", "ExposureTime = 5.0", "VHC-0", "nm"):
        assert said in told
    found = json.loads(run(folder, "reference", "show", "w.hsiref", "--json").stdout)
    assert (found["frames"], found["settings"]["Gain"], found["panel_reflectivity"]["name"]) == (3, 1.0, "panel.csv")


def test_import_names_what_differs_and_can_overlook_it(folder: Path) -> None:
    done = run(folder, "reference", "import", "w.hsiref", *CAMERA, "--set", "ExposureTime=3")
    assert done.returncode == 1
    assert "ExposureTime was 5.0 and is 3.0" in done.stderr
    assert "Traceback" not in done.stderr
    done = run(folder, "reference", "import", "w.hsiref", *CAMERA, "--set", "ExposureTime=3", "--ignore-mismatch")
    assert done.returncode == 0, done.stderr
    assert "but for ExposureTime" in done.stdout


def test_a_reference_goes_to_envi_and_back(folder: Path) -> None:
    assert run(folder, "reference", "export", "w.hsiref", "--output", "x_White.hdr").returncode == 0
    mean = hsi.read_reference(folder / "w.hsiref").mean
    assert (open_envi(folder / "x_White.hdr").data[0] == mean).all()
    done = run(folder, "reference", "import", "x_White.hdr", *CAMERA, "--output", "again.hsiref")
    assert done.returncode == 0, done.stderr
    assert (hsi.read_reference(folder / "again.hsiref").mean == mean).all()


def test_a_recording_uses_the_file(folder: Path) -> None:
    words = ("record", "--white", "w.hsiref", *CAMERA, "--lines", 5, "--json")
    done = run(folder, *words, "--output", "cube.h5")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["value"] == "Reflectance"
    done = run(folder, *words, "--set", "Gain=2", "--output", "other.h5")
    assert "Gain was 1.0 and is 2.0" in done.stderr
    assert not (folder / "other.h5").exists()


def test_a_dry_run_takes_and_writes_nothing(folder: Path) -> None:
    done = run(
        folder, "reference", "take", "dark", "--frames", 3, *CAMERA, "--dry-run", "--json", "--output", "d.hsiref"
    )
    assert done.returncode == 0, done.stderr
    would = json.loads(done.stdout)
    assert (would["reference"], would["frames"], len(would["would_set"]) > 0) == ("DarkReference", 3, True)
    done = run(folder, "reference", "import", "w.hsiref", *CAMERA, "--dry-run", "--output", "d.hsiref")
    assert "fits Virtual hyperspectral camera" in done.stdout
    assert not (folder / "d.hsiref").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("take", "white", "--output", "w.hsiref"), "exists already"),
        (("take", "white", "--panel", "none.csv", "--output", "n.hsiref"), "no file none.csv"),
        (("show", "none.hsiref"), "there is no file none.hsiref; there are"),
        (("show", "panel.csv"), "is not HDF5"),
        (("import", "panel.csv"), "neither a .hsiref file"),
    ],
)
def test_bad_input_is_one_readable_line(folder: Path, words: tuple[str, ...], said: str) -> None:
    done = run(folder, "reference", *words)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("error: ") == 1
    assert "Traceback" not in done.stderr
    assert not (folder / "n.hsiref").exists()
