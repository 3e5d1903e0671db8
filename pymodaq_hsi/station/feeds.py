"""Streams of events and of pictures, as a program reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from pymodaq_hsi.station.hub import Message

__all__ = ["Feed", "Picture"]


@dataclass(frozen=True, eq=False)
class Picture:
    """What a camera delivered, as much of it as was asked for.

    Attributes
    ----------
    header : dict
        See `pymodaq_hsi.station.live.FrameTap`.
    data : ndarray
        The picture, in the orientation of the camera.
    lines : ndarray
        ``(n, pixels, bands)``: of the frames since the picture before, the bands that were asked for.
    """

    header: Message
    data: npt.NDArray[Any]
    lines: npt.NDArray[Any]


class Feed:
    """Something that keeps coming; a context manager, and an iterator that ends when the feed does.

    Parameters
    ----------
    get : callable
        Takes a timeout in seconds, or None; returns the next, or None.
    ended : callable
        Returns whether nothing more will come.
    close : callable
    """

    def __init__(
        self, get: Callable[[float | None], Any], ended: Callable[[], bool], close: Callable[[], None]
    ) -> None:
        self._get = get
        self._ended = ended
        self._close = close

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        while not self._ended():
            found = self._get(1.0)
            if found is not None:
                return found
        raise StopIteration

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._ended()

    def get(self, timeout: float | None = None) -> Any:
        """Return the next; None after `timeout` seconds, or when nothing more will come."""
        return self._get(timeout)

    def close(self) -> None:
        """Take no more."""
        self._close()
