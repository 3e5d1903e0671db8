"""Views of frames: what they allow, and that they refuse once the buffer was given back."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pymodaq_hsi.errors import BufferReturned
from pymodaq_hsi.hosting.frame_view import FrameView, view_of

if TYPE_CHECKING:
    from collections.abc import Callable


class Lease:
    """As the ring's, on ordinary memory."""

    def __init__(self, memory: np.ndarray) -> None:
        self.__array_interface__ = {**memory.__array_interface__, "data": (memory.ctypes.data, True)}
        self.memory, self.number, self.returned = memory, 7, False


@pytest.fixture
def lease() -> Lease:
    return Lease(np.arange(12, dtype="uint16").reshape(3, 4))


USES: dict[str, Callable[[Any], object]] = {
    "index": lambda v: v[0],
    "item": lambda v: v[1, 1],
    "slice": lambda v: v[1:, ::2],
    "mask": lambda v: v[np.ones((3, 4), bool)],
    "iterate": lambda v: list(v),
    "add": lambda v: v + 1,
    "radd": lambda v: 1 + v,
    "compare": lambda v: v == 3,
    "ufunc": lambda v: np.sqrt(v),
    "reduce": lambda v: np.add.reduce(v),
    "sum": lambda v: v.sum(),
    "mean": lambda v: np.mean(v, axis=0),
    "concatenate": lambda v: np.concatenate([v, v]),
    "stack": lambda v: np.stack((v, v)),
    "out": lambda v: np.add(v, 1, out=np.empty((3, 4), "uint16")),
    "where": lambda v: np.where(v > 3, v, 0),
    "copyto": lambda v: np.copyto(np.empty((3, 4), "uint16"), v),
    "copy": lambda v: v.copy(),
    "deepcopy": lambda v: copy.deepcopy(v),
    "astype": lambda v: v.astype(float),
    "reshape": lambda v: v.reshape(-1),
    "tobytes": lambda v: v.tobytes(),
    "tolist": lambda v: v.tolist(),
    "str": lambda v: str(v),
    "repr": lambda v: repr(v),
    "contains": lambda v: 3 in v,
    "len": lambda v: len(v),
    "pickle": lambda v: pickle.dumps(v),
    "matmul": lambda v: v @ v.T,
    "transposed": lambda v: v.T[0],
    "percentile": lambda v: np.percentile(v, 50),
    "array2string": lambda v: np.array2string(v),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_view_is_an_array_until_its_buffer_is_given_back_then_it_raises(
    use: Callable[[Any], object], lease: Lease
) -> None:
    view = view_of(lease)  # type: ignore[arg-type]
    expected = use(np.asarray(lease.memory))
    got = use(view)
    if isinstance(got, (np.ndarray, np.generic)):
        np.testing.assert_array_equal(got, expected)
    lease.returned = True
    with pytest.raises(BufferReturned, match="frame 7 was used after"):
        use(view)


def test_results_are_ordinary_arrays_of_their_own(lease: Lease) -> None:
    view = view_of(lease)  # type: ignore[arg-type]
    results = [view + 1, view.copy(), np.sqrt(view), view.astype("f4"), view.mean(0), np.stack([view, view])]
    results += [pickle.loads(pickle.dumps(view)), copy.deepcopy(view)]
    lease.returned = True
    for result in results:
        assert type(result) is np.ndarray
        assert result.sum() >= 0


def test_views_of_a_view_refuse_too(lease: Lease) -> None:
    view = view_of(lease)  # type: ignore[arg-type]
    parts = [view[0], view.T, view.reshape(-1), view.view("uint8"), view[:, 1:][1]]
    assert all(isinstance(part, FrameView) for part in parts)
    lease.returned = True
    for part in parts:
        with pytest.raises(BufferReturned):
            part.sum()


def test_nobody_writes_to_a_frame(lease: Lease) -> None:
    view = view_of(lease)  # type: ignore[arg-type]
    for write in (
        lambda: view.__setitem__(0, 1),
        lambda: view.fill(1),
        lambda: view.sort(),
        lambda: np.add(view, 1, out=view),
        lambda: np.asarray(view).__setitem__(0, 1),
        lambda: view.setflags(write=True),
        lambda: view.__iadd__(1),
    ):
        with pytest.raises((ValueError, TypeError)):
            write()
    assert lease.memory[0, 0] == 0


def test_a_view_shows_the_same_memory(lease: Lease) -> None:
    view = view_of(lease)  # type: ignore[arg-type]
    lease.memory[0, 0] = 99
    assert view[0, 0] == 99
    assert view.__array_interface__["data"][0] == lease.memory.ctypes.data
