"""The connections between a storage and one detector."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, Qt, pyqtBoundSignal

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.storage._data_storage import DataStorage

__all__ = ["Link"]


class Link:
    """The connections to one detector."""

    def __init__(self, storage: DataStorage, detector: Any) -> None:
        self.detector = detector
        self._storage = weakref.ref(storage)
        self._made: list[tuple[Any, Callable[..., None]]] = []
        self._make(detector.dataAcquired, self.frames)
        self._make(detector.busyStateChanged, self.busy)
        if isinstance(detector, QObject):
            self._make(detector.destroyed, self.gone)

    def _make(self, signal: Any, slot: Callable[..., None]) -> None:
        if isinstance(signal, pyqtBoundSignal):
            signal.connect(slot, Qt.ConnectionType.DirectConnection)  # type: ignore[call-arg]  # not in stubs
        else:
            signal.connect(slot)
        self._made.append((signal, slot))

    def cut(self) -> None:
        """Undo them."""
        for signal, slot in self._made:
            try:
                signal.disconnect(slot)
            except (RuntimeError, TypeError):  # the detector is gone
                continue
        self._made.clear()

    def frames(self, data: object) -> None:
        """Take what a detector gives."""
        storage = self._storage()
        if storage is not None:
            storage.update(data, self.detector)

    def busy(self, busy: bool) -> None:
        """Begin or end."""
        storage = self._storage()
        if storage is not None:
            (storage.begin_detector if busy else storage.end_detector)(self.detector)

    def gone(self) -> None:
        """End what a detector that is no more has begun."""
        storage = self._storage()
        if storage is not None:
            storage.end_detector(self.detector, gone=True)
