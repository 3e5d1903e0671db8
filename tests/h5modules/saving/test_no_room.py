"""When the system refuses writes, what was accepted stays, the error says why, and the saver goes on elsewhere."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import numpy as np
import pytest

from h5modules.data import DataRaw, DataToExport
from h5modules.data_saving import DataEnlargeableSaver, DataLoader, DataToExportTimedSaver
from h5modules.errors import WriteFailed
from h5modules.saving import H5SaverLowLevel

if TYPE_CHECKING:
    from pathlib import Path

LIMITED = """
import resource, signal, sys
import numpy as np
from h5modules.data import DataRaw, DataToExport
from h5modules.data_saving import *
from h5modules.errors import WriteFailed
from h5modules.saving import H5SaverLowLevel

def wrapped(n):
    data = DataRaw("frame", data=[np.full((128, 200), n, "uint16")])
    return data if saver_name in ("DataSaverLoader", "DataEnlargeableSaver", "DataExtendedSaver") else DataToExport(
        "set", data=[data])

saver_name, codec, first, second = sys.argv[1:]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = 6 << 20
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
h5 = H5SaverLowLevel(compression=codec)
h5.init_file(first)
kind = globals()[saver_name]
saver = kind(h5, (40, 40)) if "Extended" in saver_name else kind(h5)
def add(n):
    more = (divmod(n, 40),) if "Extended" in saver_name else ()
    saver.add_data(group, wrapped(n + 1), *more)
group = h5.add_det_group("/RawData", title="camera").path
accepted = 0
try:
    while accepted < 1600:
        add(accepted)
        accepted += 1
except WriteFailed as exc:
    assert exc.errno and first in str(exc), (exc.errno, exc)
else:
    raise SystemExit("no error")
h5.close_file()
h5.init_file(second)
group = h5.add_det_group("/RawData", title="camera").path
add(0)
h5.close_file()
print(accepted)
"""
SAVERS = [
    "DataSaverLoader", "DataEnlargeableSaver", "DataExtendedSaver", "DataToExportSaver", "DataToExportEnlargeableSaver",
    "DataToExportTimedSaver", "DataToExportExtendedSaver",
]  # fmt: skip


def values(path: Path) -> set[int]:
    with DataLoader(path) as loader:
        return {int(v) for data in loader.load_all("/") for array in data.data for v in np.unique(array)} - {0}


@pytest.mark.parametrize("saver", SAVERS if sys.platform != "win32" else [])  # it has no limit on file sizes
def test_a_file_that_may_not_grow_keeps_what_was_accepted_and_the_saver_goes_on_in_another(
    tmp_path: Path, saver: str
) -> None:
    first, second = tmp_path / "first.h5", tmp_path / "second.h5"
    command = [sys.executable, "-c", textwrap.dedent(LIMITED), saver, "none", str(first), str(second)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stdout[-500:] + ended.stderr[-2000:]
    accepted = int(ended.stdout.splitlines()[-1])
    assert accepted > 10
    assert values(first) == set(range(1, accepted + 1))
    assert values(second) == {1}


def frame(n: int) -> DataRaw:
    return DataRaw("frame", data=[np.full((200, 1000), n, "uint16")])


def test_a_file_that_was_removed_is_noticed_and_the_saver_goes_on_in_another(tmp_path: Path) -> None:
    path = tmp_path / "file.h5"
    with H5SaverLowLevel() as h5:
        h5.init_file(path)
        saver = DataToExportTimedSaver(h5)
        saver.add_data("/RawData", DataToExport("set", data=[frame(1)]))
        path.unlink()

        def go_on() -> None:
            for n in range(200):
                saver.add_data("/RawData", DataToExport("set", data=[frame(n)]))

        with pytest.raises(WriteFailed, match="removed"):
            go_on()
        h5.init_file(tmp_path / "other.h5")
        saver.add_data("/RawData", DataToExport("set", data=[frame(3)]))
    assert values(tmp_path / "other.h5") == {3}


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(WriteFailed, match="folder"):
        DataEnlargeableSaver(tmp_path / "gone" / "file.h5")


def test_a_file_whose_permission_is_lost_is_written_on_by_whom_has_it_open(tmp_path: Path) -> None:
    path = tmp_path / "file.h5"
    with DataEnlargeableSaver(path) as saver:
        saver.add_data("/RawData", frame(1))
        path.chmod(0)
        saver.add_data("/RawData", frame(2))
    path.chmod(0o600)
    assert values(path) == {1, 2}
