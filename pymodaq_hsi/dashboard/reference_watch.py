"""Whether the references in use still hold: asked of the station for the whole window, now and then and on changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.link import StationLink
    from pymodaq_hsi.dashboard.mirror import Message, StationMirror

__all__ = ["ReferenceWatch", "reference_notes"]

_LOOK_EVERY_MS = 10_000
_TOGETHER_MS = 150


class ReferenceWatch(QObject):
    """Tells the window ``references``, with warnings (also of age) and differences from the present settings.

    Parameters
    ----------
    link : StationLink
    mirror : StationMirror
    """

    def __init__(self, link: StationLink, mirror: StationMirror, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link, self._mirror = link, mirror
        self._often = QTimer(self)
        self._often.setInterval(_LOOK_EVERY_MS)
        self._often.timeout.connect(self.look)
        self._often.start()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_TOGETHER_MS)
        self._soon.timeout.connect(self.look)
        link.eventCame.connect(self._take)

    def look(self) -> None:
        """Ask the station, if anything is in use."""
        if self._link.attached and any(self._mirror.references.values()):
            self._link.ask("references", self._tell, None)

    def _take(self, event: Message) -> None:
        kind = event["event"]
        if kind in ("snapshot", "missed", "reference", "reference_age", "reconnected"):
            self._soon.start()
        elif kind == "parameters" and self._mirror.references.get(event["device"]):
            specs = (self._mirror.spec(event["device"], name) for name in event["values"])
            if any(spec is not None and spec["affects_reference"] for spec in specs):
                self._soon.start()

    def _tell(self, found: Message) -> None:
        self._link.tell_here({"event": "references", "references": found})


def reference_notes(state: Message) -> list[str]:
    """Return all that is wrong with a reference in use: its warnings, and settings that are not as they were for it.

    Parameters
    ----------
    state : dict
        As the mirror has it.
    """
    found = state.get("differences") or {}
    changed = [
        f"does not hold for the present settings: {name} is {now}, was {then}" for name, (then, now) in found.items()
    ]
    return [*state["warnings"], *changed]
