"""Reading of files that may be damaged, or made to trap the reader: whatever goes wrong is an error that says where."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import tables

from h5modules.backends import Node
from h5modules.errors import FileUnreadable, H5ModulesError, TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["reads"]

P = ParamSpec("P")
R = TypeVar("R")

_DAMAGE = (
    tables.HDF5ExtError,
    tables.NodeError,
    OSError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What HDF5, PyTables and NumPy say of content that contradicts itself."""


def reads(method: Callable[P, R]) -> Callable[P, R]:
    """Turn what libraries raise in a method that reads the file into an error of the file.

    The first argument of the method is an object with an `h5saver`, the second the node that is read.
    """

    @functools.wraps(method)
    def reading(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except (H5ModulesError, ImportError):
            raise
        except _DAMAGE as exc:
            path, node = _place(*args, **kwargs)
            lines = str(exc).strip().splitlines() or [""]
            raise FileUnreadable(
                f"{node} of {path} cannot be read: it is damaged, or not in the convention of PyMoDAQ's files "
                f"({type(exc).__name__}: {lines[-1]:.200}). Load other nodes one by one; walk_nodes() lists them",
                path=path,
                node=node,
            ) from exc
        except MemoryError as exc:
            path, node = _place(*args, **kwargs)
            raise TooLarge(
                f"{node} of {path} does not fit in memory; load it with lazy=True, and only the part that you need",
                path=path,
                node=node,
            ) from exc

    return reading


def _place(*args: Any, where: Any = "/", **_: Any) -> tuple[str, str]:
    """Return the file and the node that a method was called for."""
    where = args[1] if len(args) > 1 else where
    return str(args[0].h5saver.path), where.path if isinstance(where, Node) else str(where)
