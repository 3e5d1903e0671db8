"""What the package logs, as events."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymodaq_hsi.station.hub import EventHub, Message

__all__ = ["LogFeed"]

_LINES = 200


class LogFeed(logging.Handler):
    """Publishes what is logged under ``pymodaq_hsi`` and ``h5modules``, and keeps the last lines."""

    def __init__(self, hub: EventHub) -> None:
        super().__init__(logging.INFO)
        self._hub = hub
        self._lines: deque[Message] = deque(maxlen=_LINES)
        self._loggers = [logging.getLogger(name) for name in ("pymodaq_hsi", "h5modules")]
        for logger in self._loggers:
            logger.addHandler(self)

    def createLock(self) -> None:  # noqa: N802 - the name is logging's
        """Have none: the hub has its own, and two are one too many."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Publish a line."""
        try:
            text = record.getMessage()
            if record.exc_info and record.exc_info[1] is not None:
                text = f"{text}: {record.exc_info[1]}"
        except Exception:  # somebody else's arguments do not fit their text
            text = str(record.msg)
        line = {"level": record.levelname, "logger": record.name, "message": text, "time": record.created}
        self._lines.append(line)
        self._hub.publish("log", **line)

    def last(self) -> list[Message]:
        """Return the last lines."""
        return list(self._lines)

    def close(self) -> None:
        """Take no more."""
        for logger in self._loggers:
            logger.removeHandler(self)
        super().close()
