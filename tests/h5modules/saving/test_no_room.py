"""When the system refuses writes, what was accepted stays, the error says why, and the saver goes on elsewhere."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import numpy as np
import pytest

from h5modules.data import DataRaw, DataToExport
from h5modules.data_saving import DataEnlargeableSaver, DataExtendedSaver, DataLoader, DataToExportTimedSaver
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

folder, *names = sys.argv[1:]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = 5 << 19
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
for name in names:
    first, second = f"{folder}/{name}-first.h5", f"{folder}/{name}-second.h5"
    h5 = H5SaverLowLevel()
    h5.init_file(first)
    saver = globals()[name](h5, (40, 40)) if "Extended" in name else globals()[name](h5)

    def add(n):
        data = DataRaw("frame", data=[np.full((128, 200), n + 1, "uint16")])
        more = (divmod(n, 40),) if "Extended" in name else ()
        saver.add_data(group, DataToExport("set", data=[data]) if "Export" in name else data, *more)

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
    print(name, accepted)
"""
SAVERS = [
    "DataSaverLoader", "DataEnlargeableSaver", "DataExtendedSaver", "DataToExportSaver", "DataToExportEnlargeableSaver",
    "DataToExportTimedSaver", "DataToExportExtendedSaver",
]  # fmt: skip


def values(path: Path) -> set[int]:
    with DataLoader(path) as loader:
        return {int(v) for data in loader.load_all("/") for array in data.data for v in np.unique(array)} - {0}


@pytest.mark.parametrize("savers", [SAVERS] if sys.platform != "win32" else [], ids=len)  # it limits no file sizes
def test_a_file_that_may_not_grow_keeps_what_was_accepted_and_the_saver_goes_on_in_another(
    tmp_path: Path, savers: list[str]
) -> None:
    command = [sys.executable, "-c", textwrap.dedent(LIMITED), str(tmp_path), *savers]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stdout[-500:] + ended.stderr[-2000:]
    told = dict(line.split() for line in ended.stdout.splitlines())
    assert list(told) == savers
    for saver, accepted in told.items():
        assert int(accepted) > 5
        assert values(tmp_path / f"{saver}-first.h5") == set(range(1, int(accepted) + 1))
        assert values(tmp_path / f"{saver}-second.h5") == {1}


def frame(n: int) -> DataRaw:
    return DataRaw("frame", data=[np.full((200, 1000), n, "uint16")])


def test_a_file_that_was_removed_is_noticed_and_the_saver_goes_on_in_another(tmp_path: Path) -> None:
    path = tmp_path / "file.h5"
    with H5SaverLowLevel() as h5:
        h5.init_file(path)
        saver = DataToExportTimedSaver(h5)
        saver.add_data("/RawData", DataToExport("set", data=[frame(1)]))
        path.unlink()
        with pytest.raises(WriteFailed, match="removed"):
            saver.add_data("/RawData", DataToExport("set", data=[frame(2)]))
        h5.init_file(tmp_path / "other.h5")
        saver.add_data("/RawData", DataToExport("set", data=[frame(3)]))
    assert values(tmp_path / "other.h5") == {3}


def test_a_file_that_was_removed_takes_no_points_and_is_told_of_when_it_is_closed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "file.h5"
    with DataExtendedSaver(path, (3,)) as saver:
        saver.add_data("/RawData", DataRaw("value", data=[np.ones(1)]), (0,))
        path.unlink()
        with pytest.raises(WriteFailed, match="removed"):
            saver.add_data("/RawData", DataRaw("value", data=[np.ones(1)]), (1,))
    assert "its content is lost" in caplog.text


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
