"""Questions of a scan that waits for their answers."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.errors import StationError
from pymodaq_hsi.scans.prompts import answered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.scans import Plan

__all__ = ["Questions"]


class Questions:
    """What a scan asks, and somebody else answers; one scan at a time."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._plan: Plan | None = None
        self._known: dict[str, Any] = {}

    def ask(self, plan: Plan, known: Mapping[str, Any]) -> None:
        """Begin to ask for what a plan wants to know beside what is known."""
        with self._changed:
            self._plan, self._known = plan, dict(known)

    def wait(self) -> dict[str, Any]:
        """Wait for the answers; return them with what was known, or only that if nobody answers any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._plan is None)
            return self._known

    def answer(self, answers: Mapping[str, Any]) -> None:
        """Answer.

        Raises
        ------
        PlanInvalid
            An answer is missing, or none of its choices; it is still asked for.
        StationError
            Nothing is asked.
        """
        with self._changed:
            if self._plan is None:
                raise StationError("nothing is asked: no scan waits for answers")
            answered(self._plan, self._known | dict(answers))
            self._known |= answers
            self._plan = None
            self._changed.notify_all()

    def end(self) -> None:
        """Ask no longer; the scan is to end."""
        with self._changed:
            self._plan = None
            self._changed.notify_all()
