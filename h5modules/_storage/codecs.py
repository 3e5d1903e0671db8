"""Compression of chunks outside HDF5's own pipeline, which does it at a tenth of the speed.

The filters are declared in the file as HDF5 knows them, so any reader undoes them by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import tables

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NONE", "Codec", "CompressionName"]

CompressionName = Literal["none", "zlib", "blosc2"]
_NAMES: tuple[str, ...] = ("none", "zlib", "blosc2")
_ALIASES = {"gzip": "zlib", "": "none", None: "none"}
_DEFAULT_LEVEL = {"none": 0, "zlib": 1, "blosc2": 5}

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Codec:
    """How the chunks of an array are compressed.

    Parameters
    ----------
    name : {"none", "zlib", "blosc2"}
        zlib is byte shuffle and deflate, which every HDF5 reader undoes; blosc2 is byte shuffle and LZ4, faster, for
        readers that have the Blosc2 plugin (PyTables has).
    level : int
        Effort, 1 to 9.
    """

    name: str = "none"
    level: int = 0

    @classmethod
    def named(cls, name: str | None, level: int | None = None) -> Codec:
        """Return the codec of that name, which may also be "gzip" for zlib.

        Raises
        ------
        ValueError
            There is no such codec, or no such level.
        """
        name = _ALIASES.get(name, name)
        if name not in _NAMES:
            raise ValueError(f"compression {name!r} is not known; take one of {', '.join(_NAMES)}")
        level = _DEFAULT_LEVEL[name] if level is None else level
        if not 0 <= level <= 9:
            raise ValueError(f"compression level {level} is not within 0 to 9")
        return cls(name, level) if name != "none" and level else NONE

    @classmethod
    def of(cls, leaf: Any) -> Codec | None:
        """Return the codec that an array in a file was made with; None if it has filters that are not written here."""
        filters = leaf.filters
        if filters.fletcher32 or (filters.bitshuffle and filters.complevel):
            return None
        if not filters.complevel:
            return None if filters.shuffle else NONE
        if not filters.shuffle:
            return None
        if filters.complib == "zlib":
            return cls("zlib", filters.complevel)
        return cls("blosc2", filters.complevel) if str(filters.complib).startswith("blosc2") else None

    def filters(self) -> Any:
        """Return PyTables' description of the filters."""
        if self.name == "none":
            return tables.Filters()
        complib = "zlib" if self.name == "zlib" else "blosc2:lz4"
        return tables.Filters(complevel=self.level, complib=complib, shuffle=True)

    def encoder(self, itemsize: int) -> Callable[[Bytes], Bytes]:
        """Return the function that makes of the bytes of a chunk those that go to the file."""
        if self.name == "zlib":
            return _deflater(min(self.level, 3), itemsize)
        if self.name == "blosc2":
            return _blosc2er(self.level, itemsize)
        return _same


NONE = Codec()


def _same(chunk: Bytes) -> Bytes:
    return chunk


def shuffled(chunk: Bytes, itemsize: int) -> Bytes:
    """Return the bytes of a chunk with the first bytes of all items first, then all second ones, and so on.

    This is HDF5's shuffle filter; bytes beyond the last whole item stay at the end.
    """
    if itemsize == 1:
        return chunk
    count = chunk.size // itemsize
    out = np.empty(chunk.size, np.uint8)
    items = chunk[: count * itemsize].reshape(count, itemsize)
    for k in range(itemsize):
        out[k * count : (k + 1) * count] = items[:, k]
    out[count * itemsize :] = chunk[count * itemsize :]
    return out


def _deflater(level: int, itemsize: int) -> Callable[[Bytes], Bytes]:
    from isal import isal_zlib  # here, so that reading needs no compressor

    def deflate(chunk: Bytes) -> Bytes:
        return np.frombuffer(isal_zlib.compress(shuffled(chunk, itemsize), level), np.uint8)

    return deflate


def _blosc2er(level: int, itemsize: int) -> Callable[[Bytes], Bytes]:
    import blosc2  # type: ignore[import-untyped]  # it has no types

    parameters = {
        "codec": blosc2.Codec.LZ4,
        "clevel": level,
        "typesize": itemsize,
        "filters": [blosc2.Filter.SHUFFLE],
        "nthreads": 1,
    }

    def compress(chunk: Bytes) -> Bytes:
        frame = blosc2.SChunk(chunksize=chunk.size, data=chunk, cparams=parameters)
        return np.frombuffer(frame.to_cframe(), np.uint8)

    return compress
