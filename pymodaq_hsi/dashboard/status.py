"""The line at the bottom: what is always true and always in sight."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PyQt5.QtWidgets import QLabel, QProgressBar, QStatusBar, QWidget

from pymodaq_hsi.dashboard.reference_watch import reference_notes
from pymodaq_hsi.dashboard.words_label import shortened

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message
    from pymodaq_hsi.dashboard.panel import PanelContext

__all__ = ["StatusLine", "duration"]


class StatusLine(QStatusBar):
    """Station, who has control, the scan and how long it takes, the references in use.

    Parameters
    ----------
    context : PanelContext
    """

    def __init__(self, context: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mirror, self._link = context.mirror, context.link
        self.station = QLabel("attaching ...")
        self.station.setObjectName("StationState")
        self.control = QLabel()
        self.control.setObjectName("ControlState")
        self.references = QLabel()
        self.references.setObjectName("ReferencesInUse")
        self.scan = QLabel()
        self.scan.setObjectName("ScanState")
        self.progress = QProgressBar()
        self.progress.setObjectName("ScanProgress")
        self.progress.setMaximumWidth(180)
        self.progress.setMaximumHeight(14)
        self.progress.hide()
        self.setContentsMargins(6, 0, 6, 0)
        self.addWidget(self.station)
        self.addWidget(self.control)
        self.addPermanentWidget(self.references)
        self.addPermanentWidget(self.scan)
        self.addPermanentWidget(self.progress)
        context.link.eventCame.connect(self._take)
        context.link.attachedChanged.connect(self._take_attached)

    def _take_attached(self, attached: bool, why: str) -> None:
        self.station.setText("attached" if attached else "no station; what is shown is old")
        self.station.setToolTip(why)
        self._colour("" if attached else "error")
        if not attached:
            self.control.clear()
            self._show_scan()
            self.progress.hide()

    def show_silence(self, seconds: float) -> None:
        """Show that the station does not answer; 0 when it does."""
        if not seconds:
            self._show_station()
            return
        self.station.setText(f"station {self._mirror.name} has not answered for {seconds:.0f} s")
        self._colour("error")

    def _take(self, event: Message) -> None:
        kind = event["event"]
        if kind in ("snapshot", "missed", "clients", "control", "reconnected", "connected", "disconnected", "lost"):
            self._show_station()
        if kind in ("snapshot", "missed", "reference", "references", "disconnected"):
            self._show_references()
        if kind in ("snapshot", "missed", "scan") and event.get("what") != "point":
            self._show_scan()

    def _show_station(self) -> None:
        mirror = self._mirror
        lost = [name for name, device in mirror.devices.items() if not device["connected"]]
        others = len(mirror.clients) - 1
        count = len(mirror.devices)
        text = f"station {mirror.name}: {count} device{'' if count == 1 else 's'}"
        text += f", {len(lost)} lost ({shortened(', '.join(lost), 60)})" if lost else ""
        text += f", {others} more attached" if others > 0 else ""
        self.station.setText(text)
        self.station.setToolTip(_clients(mirror.clients, self._link.number))
        self._colour("warning" if lost else "")
        holder = mirror.control
        if holder is None:
            self.control.setText("control: nobody")
            self.control.setToolTip("Who changes something first takes control (menu Station)")
        elif holder["client"] == self._link.number:
            self.control.setText("control: this window")
            self.control.setToolTip("Others have to take control before they change something (menu Station)")
        else:
            self.control.setText(f"control: {holder['who']}, {holder['where']}")
            since = time.strftime("%H:%M:%S", time.localtime(holder["since"]))
            self.control.setToolTip(f"Since {since}; take it with Take control in the menu Station")

    def _colour(self, state: str) -> None:
        self.station.setProperty("state", state)
        self.station.style().unpolish(self.station)
        self.station.style().polish(self.station)

    def _show_references(self) -> None:
        parts, notes = [], []
        used = {camera: kept for camera, kept in self._mirror.references.items() if kept}
        for camera, kept in used.items():
            whose = f"{camera}: " if len(self._mirror.of_type("Instrument")) > 1 else ""
            for name, state in kept.items():
                short = name.removesuffix("Reference").lower()
                when = time.strftime("%H:%M", time.localtime(state["timestamp"]))
                wrong = reference_notes(state)
                parts.append(f"{shortened(whose)}{short} {when}{' ⚠' if wrong else ''}")
                notes += [f"{camera}, {short}: {note}" for note in wrong]
                whose = ""
        self.references.setText(f"References: {', '.join(parts)}" if parts else "No references")
        self.references.setToolTip("\n".join(notes) or "Taken or imported references that scans are calibrated with")
        self.references.setProperty("state", "warning" if notes else "")
        self.references.style().unpolish(self.references)
        self.references.style().polish(self.references)

    def _show_scan(self) -> None:
        scan = self._mirror.scan
        self.progress.setVisible(self._mirror.scanning)
        if scan is None:
            self.scan.setText("No scan yet")
            return
        total, done = scan.get("total"), scan.get("done", 0)
        name = shortened(scan["name"])
        text = f"{name}: {scan['state']}"
        if self._mirror.scanning and not self._link.attached:
            text = f"{name}: was running"
        elif self._mirror.scanning:
            left = (scan.get("progress") or {}).get("seconds_left")
            text += f", {done} of {total if total else '?'}"
            text += f", {duration(left)} left" if left is not None else ""
            self.progress.setRange(0, int(total or 0))
            self.progress.setValue(int(done))
        self.scan.setText(text)
        self.scan.setToolTip(scan.get("reason") or scan.get("path") or "")


def duration(seconds: float) -> str:
    """Return a time as a person says it: ``8 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
    return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:.0f} min"


def _clients(clients: list[Message], own: int) -> str:
    """Return who is attached, a line for each."""
    lines = [
        f"{each['who']}, {each['where']}{' (this window)' if each['client'] == own else ''}"
        for each in clients
        if "client" in each
    ]
    return "\n".join(["Attached:", *lines]) if lines else ""
