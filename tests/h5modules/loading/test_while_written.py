"""A file that another process writes: refused, or read as far as it counts, never wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from h5modules.data_saving import DataLoader
from h5modules.errors import FileLocked
from h5modules.saving import H5SaverLowLevel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRITER = """
import sys
import numpy as np
from h5modules.data import DataRaw, DataToExport
from h5modules.data_saving import DataExtendedSaver, DataToExportTimedSaver
from h5modules.saving import H5SaverLowLevel
h5 = H5SaverLowLevel(compression=sys.argv[2])
h5.init_file(sys.argv[1])
rows = DataToExportTimedSaver(h5)
points = DataExtendedSaver(h5, (50,))
group = h5.get_set_group("/RawData", "points")
n = 0
for line in sys.stdin:
    for _ in range(int(line)):
        n += 1
        frame = DataRaw("frame", data=[np.full((64, 32), n, "uint16")])
        power = DataRaw("power", data=[np.array([float(n)])])
        rows.add_data("/RawData", DataToExport("set", data=[frame, power]))
        points.add_data(group, DataRaw("spectrum", data=[np.full(100, float(n))]), (n - 1,))
    print(n, flush=True)
h5.close_file()
"""
READER = """
import logging, sys
import numpy as np
from h5modules.data_saving import DataLoader
from h5modules.errors import FileLocked, FileReadOnly
from h5modules.saving import H5SaverLowLevel
logging.disable(logging.CRITICAL)
with DataLoader(sys.argv[1]) as loader:
    frames = loader.load_data("/RawData/Data2D/CH00/EnlData00")
    lazy = loader.load_data("/RawData/Data2D/CH00/EnlData00", lazy=True)
    powers = loader.load_data("/RawData/Data0D/CH00/EnlData00")
    points = loader.load_data("/RawData/points/Data00")
    measured = int(np.sum(loader.get_node("/RawData/points/Measured").read()))
    count = len(frames[0])
    expected = np.arange(1, count + 1)
    assert np.array_equal(frames[0], np.broadcast_to(expected[:, None, None], frames.shape))
    assert np.array_equal(np.asarray(lazy[0]), frames[0])
    assert frames.axes[0].size == count
    assert np.array_equal(powers[0], expected), (powers[0], count)
    assert np.array_equal(points[0][:measured, 5], np.arange(1, measured + 1))
    assert np.isnan(points[0][measured:]).all()
    print(count, measured)
"""


@pytest.fixture(params=["none", "zlib"])
def writer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    """A process that saves as many times as it is told, and a file."""
    path = tmp_path / "live.h5"
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(path), request.param]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield path, process
    process.communicate(timeout=30)
    assert process.returncode == 0


def save(process: subprocess.Popen[str], count: int) -> int:
    """Have it save; return how often it has in all."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{count}\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def test_a_file_that_another_process_writes_is_refused_or_read_without_locks(
    writer: tuple[Path, subprocess.Popen[str]],
) -> None:
    path, process = writer
    without_locks = {**os.environ, "HDF5_USE_FILE_LOCKING": "FALSE"}
    accepted = save(process, 8)
    content = path.read_bytes()
    with pytest.raises(FileLocked, match="HDF5_USE_FILE_LOCKING=FALSE"):
        DataLoader(path)
    with pytest.raises(FileLocked, match="open elsewhere"):
        H5SaverLowLevel.from_file(path)
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(READER), str(path)],
        env=without_locks, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == [str(accepted), str(accepted)]
    assert path.read_bytes() == content
    assert save(process, 1) == 9
    process.communicate(timeout=30)
    with DataLoader(path) as loader:
        assert loader.load_data("/RawData/Data2D/CH00/EnlData00")[0][:, 0, 0].tolist() == list(range(1, 10))


@pytest.mark.parametrize("writer", ["none"], indirect=True)
def test_files_read_without_locks_while_they_grow_have_rows_that_were_saved_and_no_others(
    writer: tuple[Path, subprocess.Popen[str]],
) -> None:
    path, process = writer
    save(process, 2)
    assert process.stdin is not None
    process.stdin.write("40\n")
    process.stdin.flush()
    loop = f"seen = []\nfor _ in range(8):\n{textwrap.indent(READER, '    ')}"
    ended = subprocess.run(
        [sys.executable, "-c", loop, str(path)],
        env={**os.environ, "HDF5_USE_FILE_LOCKING": "FALSE"}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "42"
    counts = [int(line.split()[0]) for line in ended.stdout.splitlines()]
    assert len(counts) == 8
    assert counts == sorted(counts)
