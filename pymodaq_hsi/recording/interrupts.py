"""Ctrl-C between two lines, never inside one."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

__all__ = ["InterruptGate"]

_SIGNALS = ("SIGINT", "SIGTERM")


class InterruptGate:
    """While it is open, signals that would raise somewhere in the middle of a write wait until the write is done.

    A context manager; only handlers written in Python are held back (Ctrl-C has one), and only in the main thread,
    the only one that signals interrupt.
    """

    def __init__(self) -> None:
        self._busy = False
        self._waiting: list[tuple[int, FrameType | None]] = []
        self._before: dict[int, Callable[[int, FrameType | None], Any]] = {}

    def __enter__(self) -> InterruptGate:
        if threading.current_thread() is threading.main_thread():
            for name in _SIGNALS:
                number = getattr(signal, name)
                handler = signal.getsignal(number)
                if callable(handler):
                    self._before[number] = handler
                    signal.signal(number, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Hold signals back while the block runs; what came meanwhile is acted on at its end."""
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
        while self._waiting:
            number, frame = self._waiting.pop(0)
            self._before[number](number, frame)

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self._busy:
            self._waiting.append((number, frame))
        else:
            self._before[number](number, frame)
