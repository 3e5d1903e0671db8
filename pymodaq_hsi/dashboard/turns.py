"""Work that is done in parts, one in each turn of the event loop, so that keys and clicks need not wait for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Turns"]


class Turns(QObject):
    """Parts of one thing at a time."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._parts: list[Callable[[], object]] = []
        self._next = QTimer(self)
        self._next.timeout.connect(self._go_on)

    def take(self, *parts: Callable[[], object]) -> None:
        """Do the first part now and the others after it; what is left of those before is left out."""
        self._parts = list(parts)
        self._next.start(0)
        self._go_on()

    def clear(self) -> None:
        """Leave out what is left."""
        self._parts.clear()

    def _go_on(self) -> None:
        if self._parts:
            self._parts.pop(0)()
        if not self._parts:
            self._next.stop()
