"""Chunks that workers compress while the thread that owns the file writes those before them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from h5modules._storage.arrays import as_bytes
from h5modules._storage.layout import row_codec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Executor, Future

    import numpy as np
    import numpy.typing as npt

    from h5modules._storage.arrays import Bytes
    from h5modules._storage.codecs import Codec

__all__ = ["Ahead", "Key"]

Key = tuple[int, int]
"""Address and size of the memory of a chunk, which nobody frees or changes as long as it waits here."""


class Ahead:
    """Compressed chunks, by the memory that they were made of.

    Parameters
    ----------
    workers : Executor
        Threads that compress.
    """

    def __init__(self, workers: Executor) -> None:
        self._workers = workers
        self._encoders: dict[tuple[Codec, int], Callable[[Bytes], Bytes]] = {}
        self._results: dict[Key, tuple[Codec, int, Future[Bytes]]] = {}

    def begin(self, array: npt.NDArray[Any], codec: Codec, *, rows: bool) -> list[Key]:
        """Have a contiguous array compressed as one row, or each of its rows; return the keys to `forget`."""
        keys = []
        for row in array if rows else (array,):
            if not row_codec(codec, row.nbytes).level or row.nbytes == 0 or not row.flags.c_contiguous:
                continue
            chunk = as_bytes(row)
            key = _key(chunk)
            encode = self._encoder(codec, row.dtype.itemsize)
            self._results[key] = codec, row.dtype.itemsize, self._workers.submit(encode, chunk)
            keys.append(key)
        return keys

    def _encoder(self, codec: Codec, itemsize: int) -> Callable[[Bytes], Bytes]:
        encode = self._encoders.get((codec, itemsize))
        if encode is None:
            encode = self._encoders[codec, itemsize] = codec.encoder(itemsize)
        return encode

    def take(self, chunk: Bytes, codec: Codec, dtype: np.dtype[Any]) -> Bytes | None:
        """Return a chunk compressed, waiting for it if need be; None if it was not begun, or for another codec."""
        result = self._results.pop(_key(chunk), None)
        if result is None or result[:2] != (codec, dtype.itemsize):
            return None
        return result[2].result()

    def forget(self, keys: Iterable[Key]) -> None:
        """Let go of what was begun and not taken, before its memory is given up."""
        for key in keys:
            result = self._results.pop(key, None)
            if result is not None and not result[2].cancel():
                result[2].exception()  # it is being compressed: its memory is in use until that is over


def _key(chunk: Bytes) -> Key:
    return chunk.__array_interface__["data"][0], chunk.size
