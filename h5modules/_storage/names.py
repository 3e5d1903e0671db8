"""Names of attributes and links, listed so that none of them can crash or stop the interpreter.

PyTables makes a Python text of each name inside a callback of HDF5 and takes for granted that this succeeds: a name
that is not UTF-8 ends the process. A callback in Python would be no better: while it runs, HDF5 is locked, and another
thread that gets the interpreter's lock in the middle of it, and calls HDF5, waits for ever. The functions here ask the
same HDF5 library name by name (H5Aget_name_by_idx and H5Lget_name_by_idx of its reference manual), and take names as
bytes. That takes time with the square of their number: groups of very many links are listed by a callback (H5Literate),
during which no other thread runs. Where the library has no such symbols for us, PyTables lists.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tables
from tables import hdf5extension

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["attribute_names", "link_names"]

_BY_NAME, _AS_STORED = 0, 2
"""H5_INDEX_NAME and H5_ITER_NATIVE."""
_USUAL = 256
"""Bytes that nearly all names fit in."""
_MANY = 1000
"""Links that are asked for one by one, at most; it takes about 40 ms."""
_LONG = 1e6
"""Seconds that other threads wait for the interpreter before they ask for it."""
_NAME = (
    ctypes.c_int64,
    ctypes.c_char_p,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_uint64,
    ctypes.c_char_p,
    ctypes.c_size_t,
    ctypes.c_int64,
)


class _GroupInfo(ctypes.Structure):
    """H5G_info_t."""

    _fields_ = (
        ("storage_type", ctypes.c_int),
        ("links", ctypes.c_uint64),
        ("highest_order", ctypes.c_int64),
        ("mounted", ctypes.c_bool),
    )


def _of_library(name: str, result: Any, *arguments: Any) -> Callable[..., int] | None:
    """Return a function of the HDF5 library that PyTables uses; None if it does not offer it."""
    package = Path(tables.__file__).parent
    beside = [*package.glob("*hdf5*.dll"), *package.parent.glob("tables.libs/*hdf5*")]
    for path in (Path(hdf5extension.__file__), *sorted(beside)):
        try:
            function = getattr(ctypes.PyDLL(str(path)), name, None)
        except OSError:
            continue
        if function is not None:
            function.argtypes, function.restype = arguments, result
            return function  # type: ignore[no-any-return]  # ctypes makes it as it is asked for
    return None


_count_attributes = _of_library("H5Aget_num_attrs", ctypes.c_int, ctypes.c_int64)
_attribute_name = _of_library("H5Aget_name_by_idx", ctypes.c_ssize_t, *_NAME)
_group_info = _of_library("H5Gget_info", ctypes.c_int, ctypes.c_int64, ctypes.POINTER(_GroupInfo))
_link_name = _of_library("H5Lget_name_by_idx", ctypes.c_ssize_t, *_NAME)
# the callback is called with the interpreter's lock held, as all of PyTables is
_TOLD = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_int64, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p)
_ITERATION = (ctypes.c_int64, ctypes.c_int, ctypes.c_int, ctypes.c_void_p, _TOLD, ctypes.c_void_p)
_iterate_links = next(
    filter(
        None, (_of_library(name, ctypes.c_int, *_ITERATION) for name in ("H5Literate2", "H5Literate", "H5Literate1"))
    ),
    None,
)
_alone = threading.Lock()


def _listed_at_once(iterate: Callable[..., int], group_id: int) -> list[bytes]:
    found: list[bytes] = []

    def told(_where: int, name: bytes, _info: int, _data: int) -> int:
        found.append(name)
        return 0

    callback = _TOLD(told)
    with _alone:
        interval = sys.getswitchinterval()
        sys.setswitchinterval(_LONG)
        try:
            time.sleep(2 * interval)  # threads that wait already ask after the time that was set when they began
            iterate(group_id, _BY_NAME, _AS_STORED, None, callback, None)
        finally:
            sys.setswitchinterval(interval)
    return found


def _listed(name_of: Callable[..., int], object_id: int, count: int) -> list[bytes]:
    found: list[bytes] = []
    usual = ctypes.create_string_buffer(_USUAL)
    for number in range(count):
        place = (object_id, b".", _BY_NAME, _AS_STORED, number)
        buffer, size = usual, name_of(*place, usual, _USUAL, 0)
        if size >= _USUAL:
            buffer = ctypes.create_string_buffer(size + 1)
            name_of(*place, buffer, size + 1, 0)
        if size >= 0:  # one that cannot be read is left out, as HDF5's own iteration ends there
            found.append(buffer.value)
    return found


def attribute_names(object_id: int) -> list[str] | None:
    """Return the names of an open node's attributes, without those that are no UTF-8; None if PyTables has to tell."""
    if _count_attributes is None or _attribute_name is None:
        return None
    count = _count_attributes(object_id)
    return [text for name in _listed(_attribute_name, object_id, count) if (text := _text(name)) is not None]


def link_names(group_id: int) -> list[str | None] | None:
    """Return the names of an open group's links, None for each that is no UTF-8; None if PyTables has to tell."""
    info = _GroupInfo()
    if _group_info is None or _link_name is None or _group_info(group_id, ctypes.byref(info)) < 0:
        return None
    if info.links > _MANY and _iterate_links is not None:
        return [_text(name) for name in _listed_at_once(_iterate_links, group_id)]
    return [_text(name) for name in _listed(_link_name, group_id, info.links)]


def _text(name: Any) -> str | None:
    try:
        return bytes(name).decode()
    except UnicodeDecodeError:
        return None
