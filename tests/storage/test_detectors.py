"""Detectors with real signals, in this thread and in others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PyQt5.QtCore import QThread

from h5modules.data_saving import DataLoader
from pymodaq_hsi.errors import StorageError
from pymodaq_hsi.storage import read_tag

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Bench

FRAME = np.arange(6, dtype=np.uint16).reshape(2, 3)


class Thread(QThread):
    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__()
        self.work = work

    def run(self) -> None:
        self.work()


def measure(detector: Any, frames: int = 3, frame: Any = FRAME) -> None:
    detector.busyStateChanged.emit(True)
    for k in range(frames):
        detector.dataAcquired.emit({(k,): frame + k})
    detector.busyStateChanged.emit(False)


def test_a_detector_begins_and_ends_runs(bench: Bench, saved: Any, detector_class: Any) -> None:
    camera = detector_class("camera", (3, 2, 3), axes=lambda: [[1.0, 2.0, 4.0]])
    bench.storage.connect(camera)
    bench.storage.connect(camera)
    for number in (1, 2):
        measure(camera)
        bench.settle()
        run = saved(bench.folder / f"run_{number}.h5")
        np.testing.assert_array_equal(run.data["camera"], [FRAME, FRAME + 1, FRAME + 2])
        assert run.axes["camera"] == {0: [1.0, 2.0, 4.0]}
        assert run.attrs["scan_done"]


def test_several_detectors_make_one_run_with_a_dataset_each(bench: Bench, saved: Any, detector_class: Any) -> None:
    camera = detector_class("camera", (3, 2, 3))
    spectrometer = detector_class("spectrometer", (4, 7), axes=[None, np.arange(7.0)])
    spectrometer_too = detector_class("spectrometer", (1,))
    detectors = (camera, spectrometer, spectrometer_too)
    for detector in detectors:
        bench.storage.connect(detector)
        detector.busyStateChanged.emit(True)
    spectrum = np.linspace(0, 1, 7)
    for k in range(3):
        camera.dataAcquired.emit({(k,): FRAME + k})
        spectrometer.dataAcquired.emit({(3 - k,): spectrum * k})
    spectrometer_too.dataAcquired.emit({(0,): 5})
    for detector in detectors:
        assert bench.storage.state == "acquiring"
        detector.busyStateChanged.emit(False)
    bench.settle()
    assert [path.name for path in bench.folder.glob("*.h5")] == ["run_1.h5"]
    run = saved(bench.storage.path)
    np.testing.assert_array_equal(run.data["camera"], [FRAME, FRAME + 1, FRAME + 2])
    np.testing.assert_array_equal(run.data["spectrometer"], [spectrum * np.nan, spectrum * 2, spectrum, spectrum * 0])
    assert run.data["spectrometer 2"] == [5.0]
    assert run.data["camera"].dtype == np.uint16
    assert run.axes["spectrometer"] == {1: list(range(7))}
    assert run.attrs["frames"] == 7
    assert run.attrs["frames_missing"] == 1
    assert not run.attrs["scan_done"]


def test_detectors_can_be_named_without_being_connected(bench: Bench, saved: Any) -> None:
    bench.storage.reserve((2, 2, 3))
    for k in range(2):
        bench.storage.update({(k,): FRAME}, "a")
        bench.storage.update({(k,): np.ones(9)}, detector="b")
    bench.storage.save({"a": [[1.0, 2.0]], "b": [None, np.arange(9)]})
    bench.settle()
    run = saved(bench.storage.path)
    assert {name: data.shape for name, data in run.data.items()} == {"a": (2, 2, 3), "b": (2, 9)}
    assert run.axes == {"a": {0: [1.0, 2.0]}, "b": {1: list(range(9))}}


@pytest.mark.filterwarnings("ignore")  # their loader warns of dimensions and axes of every scan of frames
def test_the_loader_of_pymodaq_reads_the_files(bench: Bench, detector_class: Any) -> None:
    from pymodaq_data.h5modules.data_saving import DataLoader as TheirLoader
    from pymodaq_data.h5modules.saving import H5SaverLowLevel as TheirFile

    camera, lamp = (
        detector_class("camera", (3, 2, 3), [[1.0, 2.0, 4.0], None, [4.0, 5.0, 6.0]]),
        detector_class("lamp", (3,)),
    )
    for detector in (camera, lamp):
        bench.storage.connect(detector)
        detector.busyStateChanged.emit(True)
    for k in range(3):
        camera.dataAcquired.emit({(k,): FRAME + k})
        lamp.dataAcquired.emit({(k,): k + 0.5})
    for detector in (camera, lamp):
        detector.busyStateChanged.emit(False)
    bench.settle()
    file = TheirFile()
    file.init_file(bench.storage.path)
    try:
        loader = TheirLoader(file)
        image = loader.load_data("/RawData/Scan000/Detector000/Data2D/CH00/Data00")
        np.testing.assert_array_equal(image.data[0], [FRAME, FRAME + 1, FRAME + 2])
        assert image.get_axis_from_index(0)[0].get_data().tolist() == [1.0, 2.0, 4.0]
        assert image.get_axis_from_index(2)[0].get_data().tolist() == [4.0, 5.0, 6.0]
        reading = loader.load_data("/RawData/Scan000/Detector001/Data0D/CH00/Data00")
        assert reading.data[0].tolist() == [0.5, 1.5, 2.5]
        assert reading.name == "lamp"
    finally:
        file.close_file()


def test_a_detector_that_begins_again_while_another_measures_begins_the_next_run(
    bench: Bench, saved: Any, detector_class: Any
) -> None:
    quick, slow = detector_class("quick", (1, 2, 3)), detector_class("slow", (2, 2, 3))
    bench.storage.connect(quick)
    bench.storage.connect(slow)
    slow.busyStateChanged.emit(True)
    measure(quick, 1)
    slow.dataAcquired.emit({(0,): FRAME})
    measure(quick, 1, FRAME + 7)
    slow.dataAcquired.emit({(1,): FRAME})
    slow.busyStateChanged.emit(False)
    bench.settle()
    first, second = saved(bench.folder / "run_1.h5"), saved(bench.folder / "run_2.h5")
    assert set(first.data) == {"quick", "slow"}
    assert first.attrs["scan_done"]
    np.testing.assert_array_equal(second.data["quick"], [FRAME + 7])
    assert set(second.data) == {"quick"}


def test_a_detector_without_a_shape_takes_part_in_the_run_that_is_reserved(
    bench: Bench, saved: Any, detector_class: Any
) -> None:
    camera = detector_class("camera", None)
    bench.storage.connect(camera)
    bench.storage.reserve((3, 2, 3))
    measure(camera)
    bench.settle()
    camera.busyStateChanged.emit(True)
    camera.dataAcquired.emit({(0,): FRAME})
    assert "frames of camera are lost" in bench.values("noticed")[0]
    bench.storage.reserve((2, 2, 3))
    camera.dataAcquired.emit({(0,): FRAME})
    camera.dataAcquired.emit({(1,): FRAME})
    camera.busyStateChanged.emit(False)
    bench.settle()
    assert [saved(bench.folder / f"run_{n}.h5").attrs["scan_done"] for n in (1, 2)] == [True, True]


def test_a_detector_that_goes_away_ends_its_run(bench: Bench, saved: Any, detector_class: Any) -> None:
    camera = detector_class("camera", (3, 2, 3))
    bench.storage.connect(camera)
    camera.busyStateChanged.emit(True)
    camera.dataAcquired.emit({(0,): FRAME})
    camera.deleteLater()
    bench._qtbot.waitUntil(lambda: bench.storage.state == "idle", timeout=5000)
    assert saved(bench.storage.path).attrs["state"] == "incomplete"


@pytest.mark.parametrize("other", [object(), None, 3])
def test_what_is_no_detector_is_refused(bench: Bench, other: object) -> None:
    with pytest.raises(StorageError, match="has no signal dataAcquired"):
        bench.storage.connect(other)


def test_frames_of_a_detector_in_another_thread_are_in_the_file_when_emit_returns(
    bench: Bench, saved: Any, detector_class: Any
) -> None:
    told: list[threading.Thread] = []
    bench.storage.tagRequest.connect(lambda tag: tag.update(asked=True) or told.append(threading.current_thread()))
    bench.storage.stateChanged.connect(lambda _: told.append(threading.current_thread()))
    camera = detector_class("camera", (50, 2, 3))
    bench.storage.connect(camera)
    counts: list[tuple[int, int | None]] = []
    camera.dataAcquired.connect(lambda _: None)

    def work() -> None:
        camera.busyStateChanged.emit(True)
        for k in range(50):
            camera.dataAcquired.emit({(k,): FRAME + k})
            counts.append(bench.storage.progress)
        camera.busyStateChanged.emit(False)

    thread = Thread(work)
    with bench._qtbot.waitSignal(thread.finished, timeout=10_000):
        thread.start()
    bench.settle()
    assert counts == [(k + 1, 50) for k in range(50)]
    run = saved(bench.storage.path)
    assert run.attrs["scan_done"]
    assert read_tag(bench.folder / "run_1.h5") == {"asked": True}
    assert set(told) == {threading.main_thread()}
    assert bench.values("stateChanged") == ["acquiring", "writing", "idle"]


_WRITER = """
import sys
import numpy as np
from PyQt5.QtCore import QCoreApplication, QObject, pyqtSignal
from pymodaq_hsi.storage import DataStorage

class Detector(QObject):
    dataAcquired = pyqtSignal(dict)
    busyStateChanged = pyqtSignal(bool)

application = QCoreApplication([])
storage = DataStorage(base=sys.argv[1])
storage.tagRequest.connect(lambda tag: tag.update(number=1))
camera, lamp = Detector(), Detector()
camera.dataShape, lamp.dataShape = (100000, 32, 64), (100000,)
for detector, name in ((camera, "camera"), (lamp, "lamp")):
    detector.setObjectName(name)
    storage.connect(detector)
    detector.busyStateChanged.emit(True)
for k in range(100000):
    camera.dataAcquired.emit({(k,): np.full((32, 64), k, np.uint16)})
    if k >= 5:
        lamp.dataAcquired.emit({(k,): float(k)})
    sys.stdout.buffer.write(b"%d\\n" % k)
    sys.stdout.buffer.flush()
"""


def kill_after(folder: Path, lines: int) -> int:
    """Have the writer killed soon after it has said so many numbers; return the last that it has said."""
    command = [sys.executable, "-c", textwrap.dedent(_WRITER), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(lines)]
        os.kill(writer.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        said += writer.stdout.read().splitlines(keepends=True)
    return int([line for line in said if line.endswith(b"\n")][-1])


def test_frames_that_update_returned_from_survive_the_killing_of_the_process(tmp_path: Path) -> None:
    last = kill_after(tmp_path, 40)
    with DataLoader(tmp_path / "data_1.h5") as loader:
        frames = loader.load_data("/RawData/Scan000/Detector000/Data2D/CH00/Data00", lazy=True)
        found = np.asarray(frames.inav[: last + 1].data[0])
        np.testing.assert_array_equal(found, np.broadcast_to(np.arange(last + 1)[:, None, None], found.shape))
        measured = loader.get_node("/RawData/Scan000/Detector000/Measured").read()
        assert measured[: last + 1].all()
        assert measured.sum() - 1 in (last, last + 1)
        readings = loader.load_data("/RawData/Scan000/Detector001/Data0D/CH00/Data00").data[0]
        assert readings[5 : last + 1].tolist() == list(range(5, last + 1))
        assert not loader.get_node("/RawData/Scan000").attrs["scan_done"]
    assert read_tag(tmp_path / "data_1.h5") == {"number": 1}
