"""Writes that fail: the state says so, the reason is named, nothing is lost, and the application goes on."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules.data_saving import DataLoader
from pymodaq_hsi.storage import read_tag

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Bench

SHAPE = (40, 64, 1024)
DATA = np.random.default_rng(7).integers(0, 4096, SHAPE).astype(np.uint16)
LIMIT = 4 << 20
"""Bytes that a file may have, at most 31 frames of 40. Room is reserved when the file is made: where there is no limit
then, it is HDF5 that meets it."""


@contextlib.contextmanager
def files_no_longer_than(count: int) -> Iterator[None]:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def fill(bench: Bench, numbers: range) -> list[bool]:
    return [bench.storage.update({(k,): DATA[k]}) for k in numbers]


def begin(bench: Bench) -> None:
    bench.storage.tagRequest.connect(lambda tag: tag.update(sample="leaf"))
    bench.storage.reserve(SHAPE)


def check_saved(bench: Bench, saved: Any, path: Path) -> None:
    assert bench.storage.state == "idle"
    assert bench.storage.unsaved == ()
    run = saved(path)
    np.testing.assert_array_equal(run.frames, DATA)
    assert run.attrs["scan_done"]
    assert read_tag(path) == {"sample": "leaf"}


def test_a_full_disk_fails_the_run_and_save_elsewhere_has_all_of_it(bench: Bench, saved: Any) -> None:
    with files_no_longer_than(LIMIT):
        begin(bench)
        stored = fill(bench, range(35))
    assert stored[0]
    assert not stored[-1]
    assert bench.storage.state == "failed"
    assert not bench.storage.saving
    (message,) = bench.values("failed")
    assert os.strerror(errno.EFBIG) in message
    assert str(bench.folder / "run_1.h5") in message
    assert bench.said[-3:] == [("stateChanged", "failed"), ("failed", message), ("savingStateChanged", False)]
    fill(bench, range(35, 40))
    bench.storage.folder = "elsewhere"
    bench.storage.save([np.arange(40.0)])
    bench.settle()
    check_saved(bench, saved, bench.folder / "elsewhere/run_1.h5")
    assert saved(bench.storage.path).axes["detector"][0] == list(range(40))
    with DataLoader(bench.folder / "run_1.h5") as loader:  # what was written before is there too
        found = loader.load_data("/RawData/Scan000/Detector000/Data2D/CH00/Data00").data[0]
    np.testing.assert_array_equal(found[: stored.index(False)], DATA[: stored.index(False)])


def test_save_again_goes_on_in_the_same_file_once_there_is_room(bench: Bench, saved: Any) -> None:
    begin(bench)
    with files_no_longer_than(LIMIT):
        fill(bench, range(40))
        bench.storage.save()
        bench.settle()
        assert bench.storage.state == "failed"
        assert len(bench.values("failed")) == 2  # once for each try
    bench.storage.save()
    bench.settle()
    check_saved(bench, saved, bench.folder / "run_1.h5")
    assert [path.name for path in bench.folder.glob("*.h5")] == ["run_1.h5"]


def test_a_folder_that_is_removed_during_the_run_costs_nothing(bench: Bench, saved: Any) -> None:
    bench.storage.folder = "day"
    begin(bench)
    fill(bench, range(20))
    shutil.rmtree(bench.folder / "day")
    assert not any(fill(bench, range(20, 40)))
    assert bench.storage.state == "failed"
    assert "run_1.h5 was removed, or its folder was" in bench.values("failed")[0]
    bench.storage.base = str(bench.folder / "other")
    bench.storage.save()
    bench.settle()
    check_saved(bench, saved, bench.folder / "other/day/run_1.h5")


def test_a_file_that_is_removed_after_the_last_frame_is_no_success(bench: Bench, saved: Any) -> None:
    begin(bench)
    fill(bench, range(40))
    (bench.folder / "run_1.h5").unlink()
    bench.storage.save()
    bench.settle()
    assert bench.storage.state == "failed"
    bench.storage.save()
    bench.settle()
    check_saved(bench, saved, bench.folder / "run_2.h5")


def test_a_run_that_failed_stays_until_it_is_saved_whatever_comes_after_it(bench: Bench, saved: Any) -> None:
    begin(bench)
    with files_no_longer_than(LIMIT):
        fill(bench, range(40))
    bench.storage.name = "next"
    bench.run({(0,): 1.0}, (1,))
    assert bench.storage.state == "idle" or bench.storage.unsaved == ()
    check_saved(bench, saved, bench.folder / "next_2.h5")


def test_frames_that_come_while_a_run_is_moved_are_in_its_new_file(
    bench: Bench, saved: Any, detector_class: Any
) -> None:
    camera = detector_class("camera", SHAPE)
    bench.storage.connect(camera)
    bench.storage.tagRequest.connect(lambda tag: tag.update(sample="leaf"))
    camera.busyStateChanged.emit(True)
    with files_no_longer_than(LIMIT):
        for k in range(35):
            camera.dataAcquired.emit({(k,): DATA[k]})
    bench.storage.folder = "elsewhere"
    bench.storage.save()
    for k in range(35, 40):
        camera.dataAcquired.emit({(k,): DATA[k]})
    camera.busyStateChanged.emit(False)
    bench.settle()
    check_saved(bench, saved, bench.folder / "elsewhere/run_1.h5")


def test_a_listener_of_failed_may_save_elsewhere_at_once(bench: Bench, saved: Any) -> None:
    def elsewhere(_: str) -> None:
        bench.storage.base = str(bench.folder / "elsewhere")
        bench.storage.save()

    bench.storage.failed.connect(elsewhere)
    with files_no_longer_than(LIMIT):
        begin(bench)
        fill(bench, range(30))
    fill(bench, range(30, 40))
    bench.settle()
    check_saved(bench, saved, bench.folder / "elsewhere/run_1.h5")


def test_what_was_not_saved_can_be_given_up(bench: Bench) -> None:
    begin(bench)
    with files_no_longer_than(LIMIT):
        fill(bench, range(40))
    bench.storage.discard()
    assert bench.storage.state == "idle"
    assert bench.values("stateChanged") == ["acquiring", "failed", "idle"]


def test_memory_for_what_cannot_be_written_has_an_end_that_is_told(
    qtbot: Any, tmp_path: Path, bench: Bench, saved: Any
) -> None:
    small = type(bench)(qtbot, tmp_path / "small", memory=5 * DATA[0].nbytes)
    small.storage.reserve(SHAPE)
    with files_no_longer_than(LIMIT):
        stored = fill(small, range(40))
    lost = 40 - stored.index(False) - 5
    assert len(small.values("noticed")) == lost
    assert "is lost" in small.values("noticed")[0]
    small.storage.save()
    small.storage.close(10.0)
    run = saved(small.storage.path)
    assert run.attrs["frames_missing"] == lost
    assert not run.attrs["scan_done"]
    np.testing.assert_array_equal(run.frames[: 40 - lost], DATA[: 40 - lost])


_APPLICATION = """
import os, sys
from pathlib import Path
from PyQt5.QtCore import QCoreApplication, QObject, QTimer, pyqtSignal
import numpy as np
from pymodaq_hsi.storage import DataStorage

class Detector(QObject):
    dataAcquired = pyqtSignal(dict)
    busyStateChanged = pyqtSignal(bool)
    dataShape = (2, 3)
    axes = "nonsense"

application = QCoreApplication([])
folder = Path(sys.argv[1])
folder.chmod(0o555)
if os.geteuid() == 0:
    os.seteuid(65534)
storage, detector, said = DataStorage(base=str(folder)), Detector(), []
storage.failed.connect(said.append)
storage.stateChanged.connect(lambda state: said.append(state))
storage.connect(detector)
detector.busyStateChanged.emit(True)
detector.dataAcquired.emit({(0,): np.ones(3)})
detector.dataAcquired.emit({(0,): np.ones(5), "x": 3})
detector.dataAcquired.emit({(1,): np.ones(3)})
detector.busyStateChanged.emit(False)
print(said)
if os.getuid() == 0:
    os.seteuid(0)
storage.base = sys.argv[2]
storage.save()
print(storage.close(10.0), storage.state, storage.path)
"""


def test_an_application_whose_folder_may_not_be_written_goes_on_and_saves_elsewhere(tmp_path: Path, saved: Any) -> None:
    for name in ("denied", "allowed"):
        (tmp_path / name).mkdir()
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_APPLICATION), str(tmp_path / "denied"), str(tmp_path / "allowed")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr  # an exception in a slot would have ended it
    first, last = done.stdout.splitlines()
    assert first.startswith("['failed', ")
    assert os.strerror(errno.EACCES) in first
    assert last == f"True idle {tmp_path / 'allowed' / 'data_1.h5'}"
    assert saved(tmp_path / "allowed/data_1.h5").frames.tolist() == [[1.0] * 3] * 2
