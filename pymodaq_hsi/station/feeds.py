"""Streams of events and of pictures, as a program reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from pymodaq_hsi.errors import CommandInvalid

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from pymodaq_hsi.station.hub import Message

__all__ = ["Feed", "Picture", "check_pictures"]

_FASTEST = 100.0


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
    change : callable, optional
        Takes what `Feed.change` does.
    """

    def __init__(
        self,
        get: Callable[[float | None], Any],
        ended: Callable[[], bool],
        close: Callable[[], None],
        change: Callable[..., None] | None = None,
    ) -> None:
        self._get = get
        self._ended = ended
        self._close = close
        self._change = change

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

    def change(
        self, *, rate: float | None = None, longest: int | None = None, bands: tuple[int, ...] | None = None
    ) -> None:
        """Ask for other pictures from now on, as `StationApi.frames` does; None leaves a setting as it is.

        A picture that is on its way may still be as before: ``longest`` and ``bands`` in its header say what it is.

        Raises
        ------
        CommandInvalid
            There are no such pictures, or this is a feed of events; nothing is changed.
        """
        if self._change is None:
            raise CommandInvalid("a feed of events has no settings; those of pictures (frames) have")
        self._change(rate=rate, longest=longest, bands=bands)

    def close(self) -> None:
        """Take no more."""
        self._close()


def check_pictures(rate: float | None, longest: int | None) -> None:
    """Refuse pictures that a station does not give.

    Raises
    ------
    CommandInvalid
    """
    if (rate is not None and not 0 < rate <= _FASTEST) or (longest is not None and longest < 0):
        raise CommandInvalid(
            f"{rate} pictures a second of {longest} samples are not given: ask for up to {_FASTEST:g} a second, "
            "and 0 or more samples"
        )
