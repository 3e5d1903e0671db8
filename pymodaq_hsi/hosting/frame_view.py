"""Arrays that know when they are no longer theirs to read."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import BufferReturned

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.hosting.ring import Lease

__all__ = ["FrameView", "view_of"]


class FrameView(np.ndarray[Any, np.dtype[Any]]):
    """A read-only view of a frame in shared memory, without a copy.

    Used after its buffer was given back it raises `BufferReturned`. Plain arrays made of it with ``np.asarray`` are
    not told, but they keep the memory from being used again: they never show another frame's pixels.
    """

    lease: Lease | None

    def __array_finalize__(self, source: Any) -> None:
        self.lease = None if self.flags.owndata else getattr(source, "lease", None)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        plain = [_plain(value) for value in inputs]
        if "out" in keywords:
            keywords["out"] = tuple(_plain(value) for value in keywords["out"])
        if "where" in keywords:
            keywords["where"] = _plain(keywords["where"])
        return getattr(ufunc, method)(*plain, **keywords)

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        return function(*_plain_all(args), **{name: _plain_all(value) for name, value in kwargs.items()})

    def __reduce__(self) -> Any:
        self.check()
        return np.array(self, subok=False).__reduce__()

    def check(self) -> None:
        """Raise `BufferReturned` if the buffer has been given back."""
        lease = self.lease
        if lease is not None and lease.returned:
            raise BufferReturned(
                f"this view of frame {lease.number} was used after its buffer had been given back; "
                "take a copy (buffer.copy()) of what is needed longer"
            )


def view_of(lease: Lease) -> FrameView:
    """Return the array of a lease."""
    view = np.asarray(lease).view(FrameView)
    view.lease = lease
    return view


def _plain(value: Any) -> Any:
    if isinstance(value, FrameView):
        value.check()
        return value.view(np.ndarray)
    return value


def _plain_all(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)(_plain_all(item) for item in value)
    return _plain(value)


def _guarded(name: str) -> Callable[..., Any]:
    method = getattr(np.ndarray, name)

    @functools.wraps(method)
    def guarded(self: FrameView, *args: Any, **keywords: Any) -> Any:
        self.check()
        return method(self, *args, **keywords)

    return guarded


def _guarded_copy(name: str) -> Callable[..., npt.NDArray[Any]]:
    """Guard a method whose result should be an ordinary array."""
    method = getattr(np.ndarray, name)

    @functools.wraps(method)
    def guarded(self: FrameView, *args: Any, **keywords: Any) -> Any:
        self.check()
        return method(np.asarray(self), *args, **keywords)

    return guarded


_NEW_ARRAYS = {"astype", "copy", "flatten", "__copy__", "__deepcopy__"}
_SPECIAL = {
    f"__{name}__"
    for name in (
        "getitem",
        "iter",
        "repr",
        "str",
        "format",
        "contains",
        "len",
        "bool",
        "int",
        "float",
        "complex",
        "index",
    )
}
_UNGUARDED = {"view", "setflags"}

for _name in dir(np.ndarray):
    if _name in _NEW_ARRAYS:
        setattr(FrameView, _name, _guarded_copy(_name))
    elif _name in _SPECIAL or (
        not _name.startswith("_") and _name not in _UNGUARDED and callable(getattr(np.ndarray, _name))
    ):
        setattr(FrameView, _name, _guarded(_name))
