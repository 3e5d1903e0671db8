"""Runs, row by row of what DataStorage promises."""

from __future__ import annotations

import importlib
import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pymodaq_hsi.errors import OutputError, OutputExists, StorageError
from pymodaq_hsi.storage import DataStorage, read_tag

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Bench

FRAME = np.arange(6, dtype=np.uint16).reshape(2, 3)


def frames(*numbers: int) -> dict[tuple[int], Any]:
    return {(k,): FRAME + k for k in numbers}


def test_a_run_is_in_its_file_with_its_axes_and_its_numbers_as_they_came(bench: Bench, saved: Any) -> None:
    bench.run(frames(1, 0, 2), (3, 2, 3), [np.array([5.0, 6.0, 8.0]), None, [400.0, 500.0, 600.0]])
    run = saved(bench.storage.path)
    np.testing.assert_array_equal(run.frames, np.stack([FRAME, FRAME + 1, FRAME + 2]))
    assert run.frames.dtype == np.uint16
    assert run.axes["detector"] == {0: [5.0, 6.0, 8.0], 2: [400.0, 500.0, 600.0]}
    assert run.attrs == {
        "scan_done": True,
        "state": "finished",
        "ended_early": "",
        "frames": 3,
        "frames_missing": 0,
        "frames_refused": 0,
    }
    assert bench.storage.path == bench.folder / "run_1.h5"
    assert run.title == "run_1"


def test_signals_say_what_happens_in_its_order(bench: Bench) -> None:
    bench.run(frames(0, 1), (2, 2, 3))
    assert bench.values("stateChanged") == ["acquiring", "writing", "idle"]
    assert bench.values("savingStateChanged") == [True, False]
    assert bench.values("numberChanged") == [2]
    assert not bench.values("failed")


def test_frames_that_do_not_belong_to_the_run_do_it_no_harm(bench: Bench, saved: Any) -> None:
    storage = bench.storage
    assert not storage.update(frames(0))  # before the run
    storage.reserve((2, 2, 3))
    assert storage.update(frames(0))
    for wrong in (
        frames(0),
        {(0,): np.full((2, 3), 99, np.uint16)},
        {(1,): np.zeros((3, 2), np.uint16)},
        {(1,): np.full((2, 3), 0.5)},
        {(1,): np.array([["a"] * 3] * 2)},
        {(2,): FRAME},
        {(-1,): FRAME},
        {(0, 1): FRAME},
        {"x": FRAME},
        {(True,): FRAME},
        {(1,): None},
        {(1,): [[1], [2, 3]]},
        [FRAME],
        None,
    ):
        assert not storage.update(wrong)
    assert storage.update(frames(1))
    storage.save()
    bench.settle()
    assert not storage.update(frames(0))  # after it
    run = saved(storage.path)
    np.testing.assert_array_equal(run.frames, [FRAME, FRAME + 1])
    assert run.attrs["scan_done"]
    assert run.attrs["frames_refused"] == 14
    assert len(bench.values("noticed")) == 14
    assert "shape (3, 2), and the run has (2, 3)" in "".join(bench.values("noticed"))


def test_a_frame_that_comes_soon_after_save_belongs_to_the_run(bench: Bench, saved: Any) -> None:
    bench.storage.reserve((2, 2, 3))
    bench.storage.update(frames(0))
    bench.storage.save()
    assert bench.storage.update(frames(1))
    bench.settle()
    assert saved(bench.storage.path).attrs["scan_done"]


def test_a_run_that_stops_early_has_its_own_file_and_the_next_one_does_not_feel_it(bench: Bench, saved: Any) -> None:
    number = iter(range(10))
    bench.storage.tagRequest.connect(lambda tag: tag.update(run=next(number)))
    bench.storage.reserve((3, 2, 3), fillValue=7)
    bench.storage.update(frames(1))
    bench.storage.name = "other"
    bench.storage.save()
    bench.run(frames(0, 1, 2), (3, 2, 3))
    first, second = saved(bench.folder / "run_1.h5"), saved(bench.folder / "other_1.h5")
    assert first.attrs["state"] == "incomplete"
    assert "2 of 3 frames did not come" in first.attrs["ended_early"]
    np.testing.assert_array_equal(first.frames, [np.full((2, 3), 7), FRAME + 1, np.full((2, 3), 7)])
    assert first.measured["detector"].tolist() == [False, True, False]
    assert second.attrs["scan_done"]
    assert [read_tag(bench.folder / name)["run"] for name in ("run_1.h5", "other_1.h5")] == [0, 1]


def test_a_second_reserve_keeps_the_first_run(bench: Bench, saved: Any) -> None:
    bench.storage.reserve((2, 2, 3))
    bench.storage.update(frames(0, 1))
    bench.run(frames(1), (2, 2, 3))
    assert saved(bench.folder / "run_1.h5").attrs["scan_done"]
    assert saved(bench.folder / "run_2.h5").attrs["frames"] == 1


def test_what_was_not_measured_is_nan_where_the_numbers_have_it_and_marked_in_any_case(
    bench: Bench, saved: Any
) -> None:
    bench.run({(1,): FRAME.astype(np.float32)}, (2, 2, 3))
    assert np.isnan(saved(bench.storage.path).frames[0]).all()
    assert saved(bench.storage.path).frames.dtype == np.float32
    bench.storage.reserve((2, 2, 3), fillValue=np.nan)  # uint16 has none
    bench.storage.update(frames(1))
    bench.storage.save()
    bench.settle()
    run = saved(bench.storage.path)
    assert run.frames.dtype == np.uint16
    assert run.measured["detector"].tolist() == [False, True]


@settings(max_examples=12)
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    dims=st.integers(0, 4),
    dtype=st.sampled_from(["u1", "i2", ">u2", "f4", "f8", "?", "c8"]),
    seed=st.integers(0, 99),
)
def test_data_of_any_shape_and_type_comes_back(
    shape: list[int], dims: int, dtype: str, seed: int, tmp_path_factory: pytest.TempPathFactory, saved: Any
) -> None:
    dims = min(dims, len(shape))
    data = np.random.default_rng(seed).integers(0, 100, shape).astype(dtype)
    storage = DataStorage(base=str(tmp_path_factory.mktemp("any")))
    storage.reserve(tuple(shape))
    places = list(np.ndindex(*shape[:dims]))
    np.random.default_rng(seed).shuffle(places)
    for place in places:
        assert storage.update({tuple(int(i) for i in place): data[tuple(place)]})
    storage.save([np.arange(n) for n in shape])
    assert storage.close(10.0)
    run = saved(storage.path)
    assert run.attrs["scan_done"]
    np.testing.assert_array_equal(run.frames.reshape(shape), data)
    assert run.frames.dtype == np.dtype(dtype).newbyteorder("=")


def test_masked_values_are_nan_and_whole_numbers_that_are_masked_are_refused(bench: Bench, saved: Any) -> None:
    bench.storage.reserve((2, 3))
    mask = [False, True, False]
    assert bench.storage.update({(0,): np.ma.MaskedArray([1.0, 2.0, 3.0], mask)})
    assert not bench.storage.update({(1,): np.ma.MaskedArray([1, 2, 3], mask)})
    assert bench.storage.update({(1,): np.ma.MaskedArray([4.0, 5.0, 6.0])})
    bench.storage.save()
    bench.settle()
    np.testing.assert_array_equal(saved(bench.storage.path).frames, [[1, np.nan, 3], [4, 5, 6]])


def test_plain_numbers_are_taken_as_numbers(bench: Bench, saved: Any) -> None:
    bench.run({0: 3, (1,): 3.5, (2,): np.float32(4)}, (3,))
    assert saved(bench.storage.path).frames.tolist() == [3.0, 3.5, 4.0]


@pytest.mark.parametrize("shape", [(), (0, 3), (-1,), "ab", None, (2.5,), (1,) * 40])
def test_what_is_no_shape_is_refused_and_the_run_before_goes_on(bench: Bench, shape: Any) -> None:
    bench.storage.reserve((2, 2, 3))
    with pytest.raises(StorageError, match="shape is"):
        bench.storage.reserve(shape)
    assert bench.storage.update(frames(0, 1))
    assert list(bench.folder.glob("*.h5")) == [bench.folder / "run_1.h5"]


@pytest.mark.parametrize("axes", [[[1.0, 2.0]], [[[1.0]]], [["a", "b", "c"]], [[1.0, np.nan, 2.0]], [None] * 4, 3])
def test_axes_that_do_not_fit_are_refused_and_the_run_goes_on(bench: Bench, saved: Any, axes: Any) -> None:
    bench.storage.reserve((3, 2, 3))
    bench.storage.update(frames(0))
    with pytest.raises(StorageError, match=r"axes|axis"):
        bench.storage.save(axes)
    assert bench.storage.state == "acquiring"
    bench.storage.update(frames(1, 2))
    bench.storage.save([[1.0, 2.0, 3.0]])
    bench.settle()
    assert saved(bench.storage.path).axes["detector"] == {0: [1.0, 2.0, 3.0]}


def test_axes_that_come_after_the_end_are_added_unless_there_are_others(bench: Bench, saved: Any) -> None:
    bench.run(frames(0, 1, 2), (3, 2, 3))
    for positions in ([1.0, 2.0, 3.0], [1.0, 2.0, 4.0]):
        bench.storage.save([positions])
        bench.settle()
        assert saved(bench.storage.path).axes["detector"] == {0: [1.0, 2.0, 3.0]}
    assert "has an axis 'axis 0' of 3 points for dimension 0 already" in bench.values("noticed")[0]
    assert bench.storage.state == "idle"


def test_a_tag_keeps_what_listeners_said_and_is_the_runs_own(bench: Bench) -> None:
    tags: list[dict[Any, Any]] = []

    def fill(tag: dict[Any, Any]) -> None:
        tag |= {
            "power": np.float32(2.5),
            "place": (1, 2),
            3: np.arange(2),
            "odd": object,
            "me": tag,
            "text": "µ" * 70_000,
        }
        tags.append(tag)

    bench.storage.tagRequest.connect(fill)
    bench.storage.reserve((1, 2, 3))
    tags[0]["late"] = 1
    bench.storage.update(frames(0))
    bench.storage.save()
    bench.settle()
    assert bench.storage.path is not None
    tag = read_tag(bench.storage.path)
    assert (tag["power"], tag["place"], tag["3"], tag["text"]) == (2.5, [1, 2], [0, 1], "µ" * 70_000)
    assert "class 'object'" in tag["odd"]
    assert "late" not in tag
    bench.storage.reserve((1, 2, 3))
    assert tags[1] is not tags[0]


def test_without_qt_the_reader_works_and_the_storage_says_what_is_missing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.run(frames(0), (1, 2, 3))
    for name in [name for name in sys.modules if name.startswith("pymodaq_hsi.storage")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "PyQt5", None)
    assert bench.storage.path is not None
    storage = importlib.import_module("pymodaq_hsi.storage")
    assert storage.read_tag(bench.storage.path) == {}
    with pytest.raises(ImportError, match=r"pip install pymodaq-hsi\[gui\]"):
        storage.DataStorage  # noqa: B018 - it is looked up


def test_nothing_is_kept_while_it_is_not_enabled(bench: Bench) -> None:
    bench.storage.enabled = False
    bench.run(frames(0, 1), (2, 2, 3))
    assert not list(bench.folder.iterdir())
    assert bench.said == []


def test_updates_from_many_threads_are_all_kept(bench: Bench, saved: Any) -> None:
    bench.storage.reserve((4, 25, 2, 3))
    threads = [
        threading.Thread(target=lambda k=k: [bench.storage.update({(k, j): FRAME + k * 25 + j}) for j in range(25)])
        for k in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bench.storage.save()
    bench.settle()
    run = saved(bench.storage.path)
    np.testing.assert_array_equal(run.frames, np.arange(100, dtype=np.uint16).reshape(4, 25, 1, 1) + FRAME)
    assert run.attrs["scan_done"]


def test_storages_in_several_threads_never_wait_for_each_other_for_ever(tmp_path: Path) -> None:
    def work(name: str) -> None:
        storage = DataStorage(base=str(tmp_path), name=name)
        for _ in range(8):
            storage.reserve((1,))
            storage.update({0: 1.0})
        storage.close(30.0)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(name,), daemon=True) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60.0)
    finally:
        sys.setswitchinterval(interval)
    assert not any(thread.is_alive() for thread in threads)
    assert len(list(tmp_path.glob("*.h5"))) == 16


def test_an_archive_is_exported_on_request_and_read_without_pickles(bench: Bench) -> None:
    bench.storage.npz = True
    bench.run(frames(0, 1), (2, 2, 3), [[1.0, 2.0]])
    with np.load(bench.folder / "run_1.npz", allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["detector"], [FRAME, FRAME + 1])
        assert archive["axis_0"].tolist() == [1.0, 2.0]
    assert bench.storage.exportNpz(target=bench.folder / "again.npz") == bench.folder / "again.npz"
    with pytest.raises(OutputError, match=r"exist|there"):
        bench.storage.exportNpz()


def test_without_numbers_a_file_that_is_there_is_kept(bench: Bench, saved: Any) -> None:
    bench.storage.numbered = False
    assert bench.storage.getNumber() is None
    bench.run(frames(0, 1), (2, 2, 3))
    with pytest.raises(OutputExists, match=r"run\.h5 is there already"):
        bench.storage.reserve((2, 2, 3))
    assert bench.storage.state == "idle"
    assert saved(bench.folder / "run.h5").attrs["scan_done"]
