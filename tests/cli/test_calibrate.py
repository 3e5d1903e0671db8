"""The command ``calibrate``, as a person or a program uses it."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import signal
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio

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
    """Run the command in this process: starting one for each takes longer than all the rest."""
    out, err = io.StringIO(), io.StringIO()
    before = signal.getsignal(signal.SIGTERM)
    levels = {logger: logger.level for logger in map(logging.getLogger, QUIET)}
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as end:
            main(["calibrate", *(str(word) for word in words)])
    finally:
        signal.signal(signal.SIGTERM, before)
        for logger, level in levels.items():
            logger.setLevel(level)
    return Done(end.value.code, out.getvalue(), err.getvalue())


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


def test_a_missing_white_is_told_with_the_names_that_were_looked_for(tmp_path: Path) -> None:
    raw = write_envi(tmp_path / "a.hdr", np.ones((2, 3, 2), "u2"))
    refused = run(raw, "-o", tmp_path / "y.hdr")
    assert refused.returncode == 1
    assert "a_White.hdr" in refused.stderr
    assert "--white" in refused.stderr


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:8786", "tcp://here", "http"])
def test_what_is_no_address_of_a_scheduler_is_refused_before_anything_is_written(tmp_path: Path, address: str) -> None:
    refused = run(*cube(tmp_path), "-o", tmp_path / "y.hdr", "--scheduler", address)
    assert refused.returncode == 1
    assert "tcp://host:8786" in refused.stderr
    assert not list(tmp_path.glob("*y*"))


def test_another_server_than_a_scheduler_is_told_at_once(tmp_path: Path) -> None:
    def answer(listening: socket.socket) -> None:
        line, _ = listening.accept()
        with line:
            line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer, args=(listening,))
        thread.start()
        port = listening.getsockname()[1]
        refused = run(*cube(tmp_path), "-o", tmp_path / "y.hdr", "--scheduler", f"tcp://127.0.0.1:{port}")
        thread.join(30)
    assert refused.returncode == 1
    assert "no Dask scheduler: it says b'HTTP/1.1'" in refused.stderr


def cube(folder: Path) -> tuple[object, ...]:
    raw = write_envi(folder / "a.hdr", np.full((4, 3, 2), 50, "u2"), metadata=MAP)
    white = write_envi(folder / "w.hdr", np.full((1, 3, 2), 90, "u2"))
    return raw, "--white", white, "--saturation", 4095


MAP = {"map info": "{UTM, 1, 1, 500000, 5200000, 2, 2, 33, North, WGS-84, units=Meters}"}


@pytest.mark.parametrize("name", ["y.tif", "y.bsq"])
def test_where_the_pixels_are_on_a_map_is_kept(tmp_path: Path, name: str) -> None:
    done = run(*cube(tmp_path), "-o", tmp_path / name)
    assert done.returncode == 0, done.stderr
    with rasterio.open(tmp_path / name) as found:
        assert found.crs.to_epsg() == 32633
        assert found.xy(0, 0) == (500001, 5199999)
