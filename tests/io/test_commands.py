"""The commands ``tree`` and ``export``, as a person or a program uses them."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from h5modules.data import DataRaw
from h5modules.data_saving import BkgSaver, DataSaverLoader
from pymodaq_hsi.cli.app import main
from pymodaq_hsi.envi import open_envi, write_envi

if TYPE_CHECKING:
    from pathlib import Path


QUIET = ("pymodaq_hsi.envi", "pymodaq_hsi.processing.contexts")
"""Loggers that commands set to say less."""


@dataclass
class Done:
    """How a command ended, and what it printed."""

    returncode: object
    stdout: str
    stderr: str


def run(*words: object) -> Done:
    """Run a command in this process: starting one for each takes longer than all the rest."""
    out, err = io.StringIO(), io.StringIO()
    before = signal.getsignal(signal.SIGTERM)
    levels = {logger: logger.level for logger in map(logging.getLogger, QUIET)}
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
    finally:
        signal.signal(signal.SIGTERM, before)
        for logger, level in levels.items():
            logger.setLevel(level)
    return Done(end.value.code, out.getvalue(), err.getvalue())


def test_tree_is_printed_for_people_and_for_programs(recorded: Path) -> None:
    shown = run("tree", recorded, "--where", "/RawData/Scan000", "--depth", 1)
    assert shown.returncode == 0, shown.stderr
    assert "Detector000  'Virtual hyperspectral camera'" in shown.stdout
    command = [sys.executable, "-m", "pymodaq_hsi.cli", "tree", str(recorded), "--json"]
    ended = subprocess.run(command, capture_output=True, timeout=100, check=True)
    found = json.loads(ended.stdout)
    assert found["nodes"][0]["path"] == "/RawData"


def test_a_batch_goes_on_after_a_file_that_cannot_be_exported(recorded: Path, tmp_path: Path) -> None:
    for name in ("a.h5", "c.h5"):
        shutil.copy(recorded, tmp_path / name)
    (tmp_path / "b.h5").write_text("no HDF5")
    (tmp_path / "out").mkdir()
    files = [tmp_path / name for name in ("a.h5", "b.h5", "c.h5")]
    done = run("export", *files, "--to", "envi", "--output", tmp_path / "out", "--option", "interleave=bil", "--json")
    assert done.returncode == 1
    assert "b.h5" in done.stderr
    assert "Traceback" not in done.stderr
    told = json.loads(done.stdout)
    assert told["failed"] == 1
    assert ["error" in one for one in told["exports"]] == [False, True, False]
    for name in ("a", "c"):
        assert open_envi(tmp_path / "out" / f"{name}.hdr").header.interleave == "bil"


def test_a_pattern_stands_for_files_and_a_dry_run_writes_none(recorded: Path, tmp_path: Path) -> None:
    for name in ("a1.h5", "a2.h5", "b.h5"):
        (tmp_path / name).symlink_to(recorded)
    done = run("export", tmp_path / "a*.h5", "--to", "nc", "--dry-run", "--json")
    told = json.loads(done.stdout)
    assert [one["files"] for one in told["exports"]] == [[str(tmp_path / f"{name}.nc")] for name in ("a1", "a2")]
    assert not list(tmp_path.glob("*.nc"))
    assert "no file is called" in run("export", tmp_path / "c*.h5", "--to", "nc").stderr


def test_the_background_is_taken_off_when_asked_for(tmp_path: Path) -> None:
    with DataSaverLoader(tmp_path / "x.h5") as saver:
        saver.add_data("/RawData", DataRaw("v", data=[np.arange(4.0)]))
        BkgSaver(saver.h5saver).add_data("/RawData", DataRaw("v", data=[np.ones(4)]))
    plain = run("export", tmp_path / "x.h5", "--to", "npy", "--output", tmp_path / "plain.npy")
    assert "--subtract-background" in plain.stdout
    run("export", tmp_path / "x.h5", "--output", tmp_path / "less.npy", "--subtract-background")
    np.testing.assert_array_equal(np.load(tmp_path / "less.npy"), np.arange(4.0) - 1)


def test_the_ending_of_the_output_says_the_format(recorded: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.npz"
    assert run("export", recorded, "--output", target).returncode == 0
    refused = run("export", recorded, "--output", target)
    assert refused.returncode == 1
    assert "--overwrite" in refused.stderr
    wrong = run("export", recorded, "--to", "envi", "--option", "colour=red")
    assert (wrong.returncode, "interleave" in wrong.stderr) == (2, True)
    assert "there is no file" in run("export", tmp_path / "nowhere.h5").stderr


def test_a_batch_takes_recordings_and_envi_cubes(recorded: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    cube = write_envi(tmp_path / "leaf.hdr", np.arange(60, dtype="uint16").reshape(5, 4, 3))
    twice = run("export", recorded, cube, "--to", "npz", "--output", tmp_path / "out")
    assert twice.returncode == 2
    assert "both become leaf.npz" in twice.stderr
    copy = shutil.copy(recorded, tmp_path / "recorded.h5")
    done = run("export", copy, cube, "--to", "npz", "--output", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["leaf.npz", "recorded.npz"]
    assert [each["format"] for each in json.loads(done.stdout)["exports"]] == ["npz", "npz"]
