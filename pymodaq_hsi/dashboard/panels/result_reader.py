"""Questions to the file of a scan, asked in a thread: of each kind the last one counts."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, pyqtSignal

from h5modules.errors import H5ModulesError
from h5modules.glimpsing import Glimpse
from pymodaq_hsi.errors import HsiError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ResultReader"]


class ResultReader(QObject):
    """Asks a `Glimpse` for what a panel wants to show, and never keeps the event loop waiting.

    Attributes
    ----------
    glimpse : Glimpse
    """

    _done = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.glimpse = Glimpse()
        self._waiting: dict[
            str, tuple[Callable[[], Any], Callable[[Any], None], Callable[[Exception], None] | None]
        ] = {}
        self._awake = threading.Condition()
        self._closed = False
        self._done.connect(lambda function: function())
        self._thread: threading.Thread | None = None

    def ask(
        self,
        kind: str,
        work: Callable[[], Any],
        then: Callable[[Any], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Do `work` in the thread; ``then(result)`` or ``failed(error)`` is called in the event loop.

        One that is waiting and of the same kind is forgotten.
        """
        with self._awake:
            self._waiting[kind] = (work, then, failed)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="dashboard result", daemon=True)
                self._thread.start()
            self._awake.notify()

    def waits(self, kind: str) -> bool:
        """Whether a question of a kind has not been asked yet."""
        with self._awake:
            return kind in self._waiting

    def forget(self) -> None:
        """Ask nothing of what is waiting: another scan is shown."""
        with self._awake:
            self._waiting.clear()

    def close(self) -> None:
        """End the thread and the process that reads."""
        with self._awake:
            self._closed = True
            self._waiting.clear()
            self._awake.notify()
        self.glimpse.close()
        if self._thread is not None:
            self._thread.join(5.0)

    def _run(self) -> None:
        while True:
            with self._awake:
                self._awake.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                kind = next(iter(self._waiting))
                work, then, failed = self._waiting.pop(kind)
            try:
                result = work()
            except (HsiError, H5ModulesError, OSError, ValueError, LookupError, TypeError) as error:
                if failed is not None:
                    self._tell(failed, error)
                continue
            self._tell(then, result)

    def _tell(self, function: Callable[[Any], None], argument: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the window is gone with its signals
            self._done.emit(lambda: None if self._closed else function(argument))
