"""Whether the station still answers: one that hangs is told, not only one that is gone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.link import StationLink

__all__ = ["Heartbeat"]

_LOOK_EVERY_MS = 500
_ASK_EVERY_S = 2.0
_PATIENCE_S = 5.0


class Heartbeat(QObject):
    """Asks the station for an answer every two seconds.

    Parameters
    ----------
    link : StationLink

    Attributes
    ----------
    silent : pyqtSignal(float)
        Seconds for which the station has not answered, every half second from the fifth second on; 0 when it does.
    """

    silent = pyqtSignal(float)

    def __init__(self, link: StationLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._asked = 0.0
        self._waiting = False
        self._told = False
        self._clock = QTimer(self)
        self._clock.setInterval(_LOOK_EVERY_MS)
        self._clock.timeout.connect(self._look)
        self._clock.start()
        link.attachedChanged.connect(lambda *_: self._answered())

    def _look(self) -> None:
        now = time.monotonic()
        if not self._link.attached:
            return
        if not self._waiting and now - self._asked >= _ASK_EVERY_S:
            self._asked, self._waiting = now, True
            self._link.run(lambda api: api.ask("ping"), self._answered, self._answered, lane="heartbeat")
        elif self._waiting and now - self._asked >= _PATIENCE_S:
            self._told = True
            self.silent.emit(now - self._asked)

    def _answered(self, _: object = None) -> None:
        self._waiting = False
        if self._told:
            self._told = False
            self.silent.emit(0.0)
