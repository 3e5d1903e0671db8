"""Whether the station still answers: one that hangs is told, not only one that is gone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.link import StationLink

__all__ = ["Heartbeat"]

_PATIENCE_S = 5.0
_LOOKS = 10
"""How often it is looked at the clock while the patience lasts."""


class Heartbeat(QObject):
    """Asks the station for an answer, again and again.

    Parameters
    ----------
    link : StationLink
    patience_s : float
        Seconds that an answer may take; the next one is asked for after less than half of them.

    Attributes
    ----------
    silent : pyqtSignal(float)
        Seconds for which the station has not answered, again and again once that is too long; 0 when it does.
    """

    silent = pyqtSignal(float)

    def __init__(self, link: StationLink, parent: QObject | None = None, *, patience_s: float = _PATIENCE_S) -> None:
        super().__init__(parent)
        self._link = link
        self._patience_s = patience_s
        self._asked = 0.0
        self._waiting = False
        self._told = False
        self._clock = QTimer(self)
        self._clock.setInterval(int(1000 * patience_s / _LOOKS))
        self._clock.timeout.connect(self._look)
        self._clock.start()
        link.attachedChanged.connect(lambda *_: self._answered())

    def _look(self) -> None:
        now = time.monotonic()
        if not self._link.attached:
            return
        if not self._waiting and now - self._asked >= 0.4 * self._patience_s:
            self._asked, self._waiting = now, True
            self._link.run(lambda api: api.ask("ping"), self._answered, self._answered, lane="heartbeat")
        elif self._waiting and now - self._asked >= self._patience_s:
            self._told = True
            self.silent.emit(now - self._asked)

    def _answered(self, _: object = None) -> None:
        self._waiting = False
        if self._told:
            self._told = False
            self.silent.emit(0.0)
