"""What is submitted to an asynchronous writer is in the file, or somebody is told that it is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from h5modules.asynchronous import AsynchronousWriter, SubmissionState
from h5modules.backends import CARRAY
from h5modules.data import Axis, DataRaw, DataToExport
from h5modules.data_saving import (
    DataEnlargeableSaver,
    DataExtendedSaver,
    DataLoader,
    DataSaverLoader,
    DataToExportEnlargeableSaver,
    DataToExportExtendedSaver,
    DataToExportSaver,
    DataToExportTimedSaver,
)
from h5modules.errors import (
    ArrayMismatch,
    DataTypeError,
    FileClosed,
    FileLocked,
    PointTaken,
    QueueFull,
    WriterFailed,
)
from h5modules.saving import H5SaverLowLevel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAVELENGTHS = np.linspace(400, 900, 64) ** 1.01
COMPRESSIONS = ["none", "zlib", "blosc2"]


def frame(number: int) -> DataRaw:
    counts = np.random.default_rng(number).poisson(300, (40, 64)).astype("uint16")
    axes = [Axis("x", "mm", np.arange(40.0), index=0), Axis("wavelength", "nm", WAVELENGTHS, index=1)]
    return DataRaw(
        "frame", data=[counts, counts // 2], errors=[np.sqrt(counts, dtype=float), counts / 2], axes=axes, units="V"
    )


def exposure(number: int) -> DataToExport:
    return DataToExport(
        "camera",
        timestamp=1e9 + number,
        data=[frame(number), DataRaw("temperature", data=[np.array([20.0 + number])], units="°C")],
    )


def block(number: int) -> DataToExport:
    counts = np.random.default_rng(number).poisson(300, (5, 40, 64)).astype("uint16")
    times = Axis("time", "s", 1e9 + 5.0 * number + np.arange(5.0), index=0)
    return DataToExport("camera", data=[DataRaw("frame", data=[counts], axes=[times], nav_indexes=(0,))])


CASES: dict[str, tuple[Any, Any]] = {
    "DataSaverLoader": (DataSaverLoader, lambda n: ((frame(n),), {})),
    "DataEnlargeableSaver": (DataEnlargeableSaver, lambda n: ((frame(n),), {"axis_values": [n]})),
    "DataExtendedSaver": (lambda h5: DataExtendedSaver(h5, (3, 4)), lambda n: ((frame(n), (n // 4, n % 4)), {})),
    "DataToExportSaver": (DataToExportSaver, lambda n: ((exposure(n),), {})),
    "DataToExportEnlargeableSaver": (
        DataToExportEnlargeableSaver,
        lambda n: ((exposure(n),), {"axis_value": 0.5 * n}),
    ),
    "DataToExportTimedSaver": (DataToExportTimedSaver, lambda n: ((exposure(n),), {})),
    "DataToExportTimedSaver, blocks": (DataToExportTimedSaver, lambda n: ((block(n),), {})),
    "DataToExportExtendedSaver": (
        lambda h5: DataToExportExtendedSaver(h5, (3, 4)),
        lambda n: ((exposure(n), (n // 4, n % 4)), {"settings_as_xml": "<a/>"}),
    ),
}


def content(path: Path) -> dict[str, Any]:
    """All arrays in a file but the log and the indexes, whose times and places differ."""
    with H5SaverLowLevel.from_file(path, mode="r") as file:
        return {
            node.path: node.read()
            for node in file.walk_nodes("/")
            if isinstance(node, CARRAY) and node.name not in ("FrameIndex", "Logger")
        }


@contextmanager
def held(writer: AsynchronousWriter) -> Iterator[None]:
    """Keep the writer's thread busy, so that what is submitted waits."""
    busy, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        busy.set()
        assert let_go.wait(30.0)

    thread = threading.Thread(target=writer.call, args=(hold,))
    thread.start()
    assert busy.wait(30.0)
    try:
        yield
    finally:
        let_go.set()
        thread.join()


def timed(path: Path, **options: Any) -> DataToExportTimedSaver:
    return DataToExportTimedSaver(path, new_file=True, **options)


def numbers(path: Path) -> list[float]:
    with DataLoader(path) as loader:
        return [float(t) - 20.0 for t in loader.load_data_from_name_origin("temperature")[0]]


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("case", CASES)
def test_the_file_is_the_one_that_the_saver_itself_would_have_written(
    tmp_path: Path, case: str, compression: str
) -> None:
    make, arguments = CASES[case]
    for name in ("direct", "writer"):
        with H5SaverLowLevel(compression=compression) as h5:
            h5.init_file(tmp_path / f"{name}.h5", new_file=True)
            group = h5.add_det_group(h5.add_scan_group())
            saver = make(h5)
            if name == "direct":
                for number in range(6):
                    given, named = arguments(number)
                    saver.add_data(group, *given, **named)
            else:
                with AsynchronousWriter(saver) as writer:
                    for number in range(6):
                        given, named = arguments(number)
                        writer.add_data(group, *given, **named)
    direct, written = content(tmp_path / "direct.h5"), content(tmp_path / "writer.h5")
    assert direct.keys() == written.keys()
    assert len(direct) > 1
    for name, array in direct.items():
        np.testing.assert_array_equal(written[name], array, err_msg=name)


def test_a_buffer_may_be_filled_again_as_soon_as_it_was_submitted(tmp_path: Path) -> None:
    buffer = np.zeros((40, 64), "uint16")
    with AsynchronousWriter(timed(tmp_path / "a.h5", compression="zlib")) as writer, held(writer):
        for number in range(10):
            buffer[:] = number
            writer.add_data("/RawData", DataToExport("c", data=[DataRaw("frame", data=[buffer])]))
    with DataLoader(tmp_path / "a.h5") as loader:
        loaded = loader.load_data_from_name_origin("frame")[0]
    np.testing.assert_array_equal(loaded[:, 0, 0], range(10))


def test_each_submission_says_when_it_is_in_the_file_and_all_are_counted(tmp_path: Path) -> None:
    writer = AsynchronousWriter(timed(tmp_path / "a.h5"))
    with held(writer):
        submissions = [writer.add_data("/RawData", exposure(number)) for number in range(5)]
        assert [submission.number for submission in submissions] == [0, 1, 2, 3, 4]
        assert not any(submission.committed for submission in submissions)
        progress = writer.progress
        assert (progress.submitted, progress.waiting, progress.committed) == (5, 5, 0)
        assert progress.waiting_bytes == 5 * (40 * 64 * (2 * 2 + 2 * 8) + 8)
        with pytest.raises(TimeoutError, match="5 submissions"):
            writer.flush(timeout=0.01)
        with pytest.raises(TimeoutError, match="submission 4"):
            submissions[4].wait(timeout=0.01)
    submissions[4].wait(30.0)
    assert all(submission.committed for submission in submissions)
    writer.flush()
    progress = writer.progress
    assert (progress.submitted, progress.waiting, progress.committed, progress.waiting_bytes) == (5, 0, 5, 0)
    writer.close()
    writer.close()
    with pytest.raises(FileClosed, match="closed"):
        writer.add_data("/RawData", exposure(6))
    with pytest.raises(FileClosed, match="closed"):
        writer.call(print)
    assert numbers(tmp_path / "a.h5") == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("options", [{"queue_size": 3}, {"max_bytes": 3 * 51208 + 100}])
def test_a_full_queue_makes_the_caller_wait_and_nothing_is_lost(tmp_path: Path, options: dict[str, int]) -> None:
    with AsynchronousWriter(timed(tmp_path / "a.h5"), timeout=0.05, **options) as writer:
        with held(writer):
            for number in range(3):
                writer.add_data("/RawData", exposure(number))
            with pytest.raises(QueueFull, match="3 submissions wait") as caught:
                writer.add_data("/RawData", exposure(3))
            assert isinstance(caught.value, TimeoutError)
        writer.flush(30.0)
        patient = AsynchronousWriter(timed(tmp_path / "b.h5"), **options)
        with patient:
            for number in range(20):
                patient.add_data("/RawData", exposure(number))
                assert patient.progress.waiting <= 3
        assert writer.progress.submitted == 3
    assert numbers(tmp_path / "a.h5") == [0, 1, 2]
    assert numbers(tmp_path / "b.h5") == list(range(20))


def test_dropped_data_are_counted_and_the_file_says_so(tmp_path: Path) -> None:
    with AsynchronousWriter(timed(tmp_path / "a.h5"), queue_size=2, when_full="drop") as writer:
        with held(writer):
            states = [writer.add_data("/RawData", exposure(number)).state for number in range(5)]
        writer.flush(30.0)
        writer.add_data("/RawData", exposure(9)).wait(30.0)
        assert states == [SubmissionState.queued] * 2 + [SubmissionState.dropped] * 3
        progress = writer.progress
        assert (progress.submitted, progress.committed, progress.dropped) == (6, 3, 3)
    assert numbers(tmp_path / "a.h5") == [0, 1, 9]
    with DataLoader(tmp_path / "a.h5") as loader:
        log = loader.get_node("/RawData/Logger").read()
    assert any("3 of 6 submissions were dropped" in line for line in log)


def test_a_refused_submission_is_reported_at_the_next_call_and_at_the_end_and_costs_only_itself(
    tmp_path: Path,
) -> None:
    other = DataToExport("camera", data=[frame(1), DataRaw("humidity", data=[np.array([1.0])])])
    writer = AsynchronousWriter(timed(tmp_path / "a.h5"))
    writer.add_data("/RawData", exposure(0))
    with held(writer):
        refused = writer.add_data("/RawData", other)
        after = writer.add_data("/RawData", exposure(1))
    after.wait(30.0)
    assert refused.state is SubmissionState.failed
    with pytest.raises(ArrayMismatch, match="humidity"):
        refused.wait()
    with pytest.raises(WriterFailed, match=r"1 of the 3 submissions .*number 1.*humidity") as caught:
        writer.add_data("/RawData", exposure(7))
    assert isinstance(caught.value.__cause__, ArrayMismatch)
    assert (caught.value.committed, caught.value.lost) == (2, 1)
    writer.add_data("/RawData", exposure(2))
    with pytest.raises(WriterFailed, match="number 1"):
        writer.close()
    assert numbers(tmp_path / "a.h5") == [0, 1, 2]


def test_failures_that_were_taken_are_not_reported_again(tmp_path: Path) -> None:
    saver = DataToExportExtendedSaver(tmp_path / "a.h5", (4,), new_file=True)
    writer = AsynchronousWriter(saver)
    first = exposure(0)
    writer.add_data("/RawData", first, indexes=(1,))
    writer.add_data("/RawData", exposure(5), indexes=(1,))
    writer.add_data("/RawData", exposure(2), indexes=(7,))
    with pytest.raises(WriterFailed, match="2 of the 3"):
        writer.flush()
    failures = writer.take_failures()
    assert [failure.number for failure in failures] == [1, 2]
    assert isinstance(failures[0].error, PointTaken)
    assert failures[0].data is not None
    np.testing.assert_array_equal(failures[0].data[0][0], exposure(5)[0][0])
    assert failures[0].kwargs == {"indexes": (1,)}
    writer.close()


def test_an_error_in_the_callers_block_is_kept_and_that_of_the_writer_noted(tmp_path: Path) -> None:
    def block() -> None:
        with AsynchronousWriter(timed(tmp_path / "a.h5")) as writer:
            writer.add_data("/RawData", exposure(0))
            writer.add_data("/Nowhere", exposure(0))
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        block()
    assert "Nowhere" in caught.value.__notes__[0]
    assert numbers(tmp_path / "a.h5") == [0]


@pytest.mark.parametrize("compression", ["none", "zlib"])
def test_a_file_that_is_gone_stops_the_writer_which_goes_on_in_another_one_with_all_that_is_not_saved(
    tmp_path: Path, compression: str
) -> None:
    saver = timed(tmp_path / "a.h5", compression=compression)
    writer = AsynchronousWriter(saver)
    for number in range(3):
        writer.add_data("/RawData", exposure(number))
    writer.flush()
    writer.call(saver.close_file)
    with held(writer):
        submissions = [writer.add_data("/RawData", exposure(number)) for number in range(3, 8)]
    with pytest.raises(WriterFailed, match=r"5 of the 8 .*a.h5.*closed.*go_on"):
        writer.flush()
    assert {submission.state for submission in submissions} == {SubmissionState.unsaved}
    with pytest.raises(WriterFailed, match="this call did nothing"):
        writer.add_data("/RawData", exposure(99))
    writer.go_on(timed(tmp_path / "b.h5", compression=compression))
    writer.add_data("/RawData", exposure(8))
    writer.close()
    assert writer.progress.committed == 9
    assert numbers(tmp_path / "a.h5") == [0, 1, 2]
    assert numbers(tmp_path / "b.h5") == [3, 4, 5, 6, 7, 8]


def test_what_a_stopped_writer_has_not_saved_is_told_at_the_end_or_handed_over(tmp_path: Path) -> None:
    for handed_over in (False, True):
        saver = timed(tmp_path / f"{handed_over}.h5")
        writer = AsynchronousWriter(saver)
        writer.call(saver.close_file)
        writer.add_data("/RawData", exposure(3))
        with pytest.raises(WriterFailed):
            writer.flush()
        if handed_over:
            assert [submission.data.timestamp for submission in writer.take_unsaved()] == [1e9 + 3]  # type: ignore[union-attr]
        with pytest.raises(WriterFailed, match=f"{0 if handed_over else 1} of the 1 submissions"):
            writer.close()


def test_the_file_belongs_to_the_writer_until_it_is_closed(tmp_path: Path) -> None:
    with H5SaverLowLevel() as h5:
        h5.init_file(tmp_path / "a.h5", new_file=True)
        writer = AsynchronousWriter(DataToExportExtendedSaver(h5, (2,)))
        with pytest.raises(FileLocked, match=r"belongs to an asynchronous writer.*call\(\)"):
            h5.add_scan_group()
        scan = writer.call(h5.add_scan_group, title="a leaf")
        detector = writer.call(h5.add_det_group, scan)
        writer.call(DataToExportExtendedSaver(h5, (2,)).add_nav_axes, scan, [Axis("z", "mm", np.array([1.0, 5.0]))])
        with pytest.raises(ZeroDivisionError):
            writer.call(lambda: 1 // 0)
        for point in range(2):
            writer.add_data(detector, exposure(point), indexes=(point,))
        writer.close()
        assert h5.get_node(detector).title == ""
        h5.add_scan_group()
    with DataLoader(tmp_path / "a.h5") as loader:
        loaded = loader.load_data_from_name_origin("temperature")
    np.testing.assert_array_equal(loaded.get_axis_from_index(0)[0].get_data(), [1.0, 5.0])


def test_several_threads_may_submit(tmp_path: Path) -> None:
    def submit(first: int) -> None:
        for number in range(first, first + 8):
            writer.add_data("/RawData", exposure(number))

    with AsynchronousWriter(timed(tmp_path / "a.h5", compression="zlib"), queue_size=4) as writer:
        threads = [threading.Thread(target=submit, args=(8 * k,)) for k in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = numbers(tmp_path / "a.h5")
    assert sorted(found) == list(range(32))
    assert [n for n in found if n < 8] == list(range(8))


def test_what_cannot_be_is_refused_at_once(tmp_path: Path) -> None:
    saver = timed(tmp_path / "a.h5")
    with pytest.raises(ValueError, match="when_full is 'often'"):
        AsynchronousWriter(saver, when_full="often")  # type: ignore[arg-type]
    for name in ("queue_size", "max_bytes", "commit_every", "workers"):
        with pytest.raises(ValueError, match=f"{name} is 0"):
            AsynchronousWriter(saver, **{name: 0})
    with AsynchronousWriter(saver) as writer, pytest.raises(DataTypeError, match="not int"):
        writer.add_data("/RawData", 3)  # type: ignore[arg-type]
    with pytest.raises(FileClosed):
        AsynchronousWriter(saver)


def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


COMMON = """
    import sys, os
    import numpy as np
    from h5modules.asynchronous import AsynchronousWriter
    from h5modules.data import DataRaw, DataToExport
    from h5modules.data_saving import DataToExportTimedSaver
    def exposure(n):
        return DataToExport("c", data=[DataRaw("frame", data=[np.full((100, 640), n, "uint16")])])
"""


def loaded_numbers(path: Path) -> list[int]:
    with DataLoader(path) as loader:
        array = loader.load_data_from_name_origin("frame")[0]
    assert (array == array[:, :1, :1]).all()
    return [int(n) for n in array[:, 0, 0]]


def test_a_program_that_ends_without_closing_has_all_in_the_file(tmp_path: Path) -> None:
    program = f"""{COMMON}
    writer = AsynchronousWriter(DataToExportTimedSaver(sys.argv[1], compression="zlib"))
    for n in range(40):
        writer.add_data("/RawData", exposure(n))
    """
    ended = run(program, tmp_path / "a.h5")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert loaded_numbers(tmp_path / "a.h5") == list(range(40))


@pytest.mark.parametrize(("compression", "after"), [("none", 1), ("zlib", 20), ("blosc2", 5)])
def test_what_is_committed_survives_sigkill(tmp_path: Path, compression: str, after: int) -> None:
    program = f"""{COMMON}
    writer = AsynchronousWriter(DataToExportTimedSaver(sys.argv[1], compression=sys.argv[2]), queue_size=16)
    waiting = []
    for n in range(100000):
        waiting.append(writer.add_data("/RawData", exposure(n)))
        while waiting and waiting[0].committed:
            os.write(1, b"%d\\n" % waiting.pop(0).number)
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "a.h5"), compression], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    lines = [int(child.stdout.readline()) for _ in range(after)]
    os.kill(child.pid, signal.SIGKILL)
    lines += [int(line) for line in child.stdout.read().splitlines(keepends=True) if line.endswith(b"\n")]
    child.stdout.close()
    child.wait()
    found = loaded_numbers(tmp_path / "a.h5")
    assert found[: len(lines)] == lines == list(range(len(lines)))
    assert found == list(range(len(found)))


@pytest.mark.skipif(sys.platform == "win32", reason="a limit on the size of files is what POSIX has")
@pytest.mark.parametrize("compression", ["none", "zlib"])
def test_a_full_disk_stops_the_writer_and_all_goes_on_in_another_file(tmp_path: Path, compression: str) -> None:
    program = f"""{COMMON}
    import resource, signal
    from h5modules.errors import WriterFailed, WriteFailed
    noise = np.random.default_rng(1).integers(0, 65536, (100, 640), dtype="uint16")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    writer = AsynchronousWriter(DataToExportTimedSaver(sys.argv[1], compression=sys.argv[3]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, resource.RLIM_INFINITY))
    n = 0
    try:
        while n < 60:
            data = noise.copy()
            data[0, 0] = n
            writer.add_data("/RawData", DataToExport("c", data=[DataRaw("frame", data=[data])]))
            n += 1
        writer.flush()
    except WriterFailed as exc:
        assert isinstance(exc.__cause__, WriteFailed), exc.__cause__
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    try:
        writer.flush()
    except WriterFailed as exc:
        assert isinstance(exc.__cause__, WriteFailed), exc.__cause__
        print("stopped")
    writer.go_on(DataToExportTimedSaver(sys.argv[2], compression=sys.argv[3]))
    writer.close()
    print(n, writer.progress.committed)
    """
    ended = run(program, tmp_path / "a.h5", tmp_path / "b.h5", compression)
    assert ended.stderr == ""
    stopped, counts = ended.stdout.splitlines()
    count, committed = map(int, counts.split())
    assert stopped == "stopped"
    assert committed == count
    found = []
    for name in ("a.h5", "b.h5"):
        with DataLoader(tmp_path / name) as loader:
            found += [int(n) for n in loader.load_data_from_name_origin("frame")[0][:, 0, 0]]
    assert found == list(range(count))


@pytest.mark.parametrize("saver", [None, "x.h5", DataToExport("set")], ids=repr)
def test_what_is_no_saver_is_refused(saver: Any) -> None:
    with pytest.raises(DataTypeError, match="is no saver"):
        AsynchronousWriter(saver)
