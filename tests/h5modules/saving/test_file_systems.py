"""Savers on a file system that is really full, or mounted so that nothing may be written, in a namespace of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

COMMON = """
import logging, subprocess, sys
from pathlib import Path
import numpy as np
from h5modules.data import DataRaw, DataToExport
from h5modules.data_saving import *
from h5modules.errors import FileReadOnly, WriteFailed
from h5modules.saving import H5SaverLowLevel

room, elsewhere = Path(sys.argv[1]), Path(sys.argv[2])
logging.disable(logging.CRITICAL)
SAVERS = {
    DataSaverLoader: "Data{:02d}", BkgSaver: "Bkg{:02d}", ErrorSaverLoader: "ErrorBar{:02d}",
    DataEnlargeableSaver: "EnlData00", DataExtendedSaver: "Data00", DataToExportSaver: "Data2D/CH00/Data{:02d}",
    DataToExportEnlargeableSaver: "Data2D/CH00/EnlData00", DataToExportTimedSaver: "Data2D/CH00/EnlData00",
    DataToExportExtendedSaver: "Data2D/CH00/Data00",
}

def mount(options):
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(room)], check=True)

def array(n):
    return np.random.default_rng(n).integers(0, 60000, (128, 200)).astype("uint16")

class World:
    def __init__(self, kind, path, codec="none"):
        self.kind = kind
        self.h5 = H5SaverLowLevel(compression=codec)
        self.saver = kind(self.h5, (40, 40)) if "Extended" in kind.__name__ else kind(self.h5)
        self.begin(path)

    def begin(self, path):
        self.h5.init_file(path)
        self.group = self.h5.add_det_group("/RawData", title="camera").path

    def add(self, n):
        data = DataRaw("frame", data=[array(n)])
        if "Export" in self.kind.__name__:
            data = DataToExport("set", data=[data])
        more = (divmod(n, 40),) if "Extended" in self.kind.__name__ else ()
        self.saver.add_data(self.group, data, *more)

    def check(self, path, count):
        with DataLoader(path) as loader:
            for n in range(count):
                node = loader.get_node(self.group + "/" + SAVERS[self.kind].format(n)).read()
                if "Extended" in self.kind.__name__:
                    node = node[divmod(n, 40)]
                elif "Enl" in SAVERS[self.kind]:
                    node = node[n]
                assert np.array_equal(node, array(n)), (path, n)

def refused(kind, function):
    try:
        function()
    except kind as exc:
        return str(exc), exc
    raise SystemExit(f"{function} was not refused")
"""
FULL = """
mount("size=3m")
for number, kind in enumerate(SAVERS):
    codec = ("none", "zlib")[number % 2]
    first, second = room / "first.h5", elsewhere / f"{kind.__name__}-{codec}.h5"
    world = World(kind, first, codec)
    accepted = 0
    try:
        while True:
            world.add(accepted)
            accepted += 1
    except WriteFailed as exc:
        assert exc.errno and "first.h5" in str(exc) and "No space left" in str(exc), exc
    refused(WriteFailed, lambda: world.add(accepted))
    world.h5.close_file()
    world.begin(second)
    world.add(0)
    world.h5.close_file()
    world.check(first, accepted)
    world.check(second, 1)
    assert accepted > 5, accepted
    first.unlink()
    assert not list(room.iterdir()), list(room.iterdir())
# when somebody makes room, the same saver goes on in the same file
blocker = room / "blocker"
blocker.write_bytes(bytes(600_000))
world = World(DataToExportTimedSaver, room / "last.h5")
accepted = 0
try:
    while True:
        world.add(accepted)
        accepted += 1
except WriteFailed:
    blocker.unlink()
world.add(accepted)
world.add(accepted + 1)
world.h5.close_file()
world.check(room / "last.h5", accepted + 2)
print("done")
"""
READ_ONLY = """
mount("size=10m")
path = room / "first.h5"
for kind in SAVERS:
    world = World(kind, path)
    world.add(0)
    world.h5.close_file()
    content = path.read_bytes()
    subprocess.run(["mount", "-o", "remount,ro", str(room)], check=True)
    said, _ = refused(FileReadOnly, lambda: world.begin(path))
    assert "may not be written" in said, said
    said, _ = refused(WriteFailed, lambda: world.h5.init_file(room / "new.h5"))
    assert "cannot create" in said and "new.h5" in said, said
    world.check(path, 1)
    assert path.read_bytes() == content and [p.name for p in room.iterdir()] == ["first.h5"]
    world.begin(elsewhere / f"{kind.__name__}.h5")
    world.add(0)
    world.h5.close_file()
    world.check(elsewhere / f"{kind.__name__}.h5", 1)
    subprocess.run(["mount", "-o", "remount,rw", str(room)], check=True)
    path.unlink()
print("done")
"""


def may_mount() -> bool:
    """Whether this system lets its users have mounts of their own."""
    if shutil.which("unshare") is None:
        return False
    return not subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True
    ).returncode


SCRIPTS = {"full": FULL, "read-only": READ_ONLY}


@pytest.mark.parametrize("state", SCRIPTS if sys.platform == "linux" and may_mount() else [])
def test_a_file_system_that_takes_nothing_is_an_error_and_what_was_accepted_stays(tmp_path: Path, state: str) -> None:
    for folder in ("room", "elsewhere"):
        (tmp_path / folder).mkdir()
    ended = subprocess.run(
        ["unshare", "-rm", sys.executable, "-W", "ignore", "-c", COMMON + SCRIPTS[state],
         str(tmp_path / "room"), str(tmp_path / "elsewhere")],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-500:] + ended.stderr[-2000:]
    assert ended.stdout.strip() == "done"
