"""Names of attributes and links, listed so that none of them can crash the interpreter.

PyTables makes a Python text of each name inside a callback of HDF5 and takes for granted that this succeeds: a name
that is not UTF-8 ends the process. The functions here ask the same HDF5 library (H5Aiterate2 and H5Literate of its
reference manual), and take names as bytes. Where the library has no such symbol for us, PyTables lists.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tables
from tables import hdf5extension

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["attribute_names", "link_names"]

_BY_NAME, _AS_STORED = 0, 2
"""H5_INDEX_NAME and H5_ITER_NATIVE."""
# the callbacks are called with the interpreter's lock held, as all of PyTables is
_TOLD = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_int64, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p)
_ARGUMENTS = (ctypes.c_int64, ctypes.c_int, ctypes.c_int, ctypes.c_void_p, _TOLD, ctypes.c_void_p)


def _of_library(*names: str) -> Callable[..., int] | None:
    """Return a function of the HDF5 library that PyTables uses, by the first name that it has; None if by none."""
    package = Path(tables.__file__).parent
    beside = [*package.glob("*hdf5*.dll"), *package.parent.glob("tables.libs/*hdf5*")]
    for path in (Path(hdf5extension.__file__), *sorted(beside)):
        try:
            library = ctypes.PyDLL(str(path))
        except OSError:
            continue
        for name in names:
            function = getattr(library, name, None)
            if function is not None:
                function.argtypes, function.restype = _ARGUMENTS, ctypes.c_int
                return function  # type: ignore[no-any-return]  # ctypes makes it as it is asked for
    return None


_iterate_attributes = _of_library("H5Aiterate2")
_iterate_links = _of_library("H5Literate2", "H5Literate", "H5Literate1")


def _listed(iterate: Callable[..., int], object_id: int) -> list[bytes]:
    found: list[bytes] = []

    def told(_where: int, name: bytes, _info: int, _data: int) -> int:
        found.append(name)
        return 0

    iterate(object_id, _BY_NAME, _AS_STORED, None, _TOLD(told), None)
    return found


def attribute_names(object_id: int) -> list[str] | None:
    """Return the names of an open node's attributes, without those that are no UTF-8; None if PyTables has to tell."""
    if _iterate_attributes is None:
        return None
    return [text for name in _listed(_iterate_attributes, object_id) if (text := _text(name)) is not None]


def link_names(group_id: int) -> list[str | None] | None:
    """Return the names of an open group's links, None for each that is no UTF-8; None if PyTables has to tell."""
    if _iterate_links is None:
        return None
    return [_text(name) for name in _listed(_iterate_links, group_id)]


def _text(name: Any) -> str | None:
    try:
        return bytes(name).decode()
    except UnicodeDecodeError:
        return None
