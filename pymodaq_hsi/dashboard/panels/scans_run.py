"""Checking a plan, carrying it out, and how far it is: always in reach, below the editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from pymodaq_hsi.dashboard.panels.scans_fields import refresh_style
from pymodaq_hsi.dashboard.panels.scans_prompts import PromptBox
from pymodaq_hsi.dashboard.status import duration
from pymodaq_hsi.dashboard.words_label import WordsLabel, shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.dashboard.link import StationLink
    from pymodaq_hsi.dashboard.mirror import Message, StationMirror
    from pymodaq_hsi.dashboard.notices import Notices

__all__ = ["RunBar", "check_text", "cut_off", "progress_text", "size_text"]

_SHOWN = 3
"""Problems that are told in the summary; all are in its tooltip, and at the fields that they concern."""


class RunBar(QWidget):
    """Summary of the check, buttons for the scan, progress.

    Attributes
    ----------
    check, run, pause, stop, abort : QPushButton
    """

    def __init__(self, link: StationLink, mirror: StationMirror, notices: Notices, run: Callable[[], None]) -> None:
        super().__init__()
        self._link = link
        self._mirror = mirror
        self._notices = notices
        self._ready = False
        self.summary = WordsLabel("Not checked yet")
        self.summary.setObjectName("CheckSummary")
        self.check = QPushButton("Check")
        self.check.setObjectName("CheckPlan")
        self.check.setToolTip("Check the plan against the devices as they are now; nothing is moved (F6)")
        self.check.setShortcut("F6")
        self.run = QPushButton("Run")
        self.run.setObjectName("RunPlan")
        self.run.setProperty("primary", True)
        self.run.setToolTip("Carry the plan out (Ctrl+Return)")
        self.run.setShortcut("Ctrl+Return")
        self.pause = QPushButton("Pause")
        self.pause.setObjectName("PauseScan")
        self.pause.setToolTip("Pause after the point that is being measured; again: go on")
        self.stop = QPushButton("Stop")
        self.stop.setObjectName("StopRunning")
        self.stop.setToolTip(
            "End after the point that is being measured; what there is is kept, and can be gone on with"
        )
        self.abort = QPushButton("Abort")
        self.abort.setObjectName("AbortScan")
        self.abort.setProperty("danger", True)
        self.abort.setToolTip("End now, in the middle of the point; what there is is kept")
        self.progress = QProgressBar()
        self.progress.setObjectName("PlanProgress")
        self.progress.setMaximumHeight(14)
        self.state = WordsLabel()
        self.state.setObjectName("PlanState")
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        for button in (self.check, self.run, self.pause, self.stop, self.abort):
            button.setStyleSheet("padding: 4px 6px")
            buttons.addWidget(button, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 2, 4, 4)
        column.setSpacing(4)
        self.prompts = PromptBox(link, notices)
        column.addWidget(self.prompts)
        column.addWidget(self.summary)
        column.addLayout(buttons)
        column.addWidget(self.progress)
        column.addWidget(self.state)
        self.run.clicked.connect(run)
        self.pause.clicked.connect(self._pause)
        self.stop.clicked.connect(lambda: self._ask("stop_scan"))
        self.abort.clicked.connect(lambda: self._ask("abort_scan"))
        self.show_scan()

    def show_check(self, check: Message | None, noun: str = "points") -> None:
        """Show what a check has found; None while one is going on."""
        self._ready = bool(check and check["ok"])
        if check is None:
            self._summarise("Checking ...", "")
        else:
            self._summarise(*check_text(check, noun))
            self.summary.setToolTip("\n".join([*check["problems"], *check["warnings"]]))
        self.show_scan()

    def show_failure(self, words: str) -> None:
        """Show why there was no check."""
        self._ready = False
        self._summarise(words, "error")
        self.show_scan()

    def show_scan(self) -> None:
        """Show what the scan of the station does."""
        there, scan = self._link.attached, self._mirror.scan
        running = self._mirror.scanning and there
        self.prompts.show_prompts((scan or {}).get("prompts") or [] if running else [])
        self.run.setEnabled(self._ready and not running and there)
        state = (scan or {}).get("state", "")
        self.pause.setEnabled(running and state in ("running", "paused", "preparing"))
        self.pause.setText("Resume" if state == "paused" and running else "Pause")
        self.stop.setEnabled(running)
        self.abort.setEnabled(running)
        self.progress.setVisible(running)
        self.state.setVisible(scan is not None)
        if scan is None:
            return
        total, done = scan.get("total"), scan.get("done", 0)
        self.progress.setRange(0, int(total or 0))
        self.progress.setValue(int(done))
        self.state.setText(progress_text(scan if there else cut_off(scan)))
        self.state.setProperty("state", "error" if state == "failed" else "")
        refresh_style(self.state)

    def _summarise(self, text: str, state: str) -> None:
        self.summary.setText(text)
        self.summary.setProperty("state", state)
        refresh_style(self.summary)

    def _pause(self) -> None:
        paused = self._mirror.scan is not None and self._mirror.scan.get("state") == "paused"
        self._ask("resume_scan" if paused else "pause_scan")

    def _ask(self, command: str) -> None:
        self._link.ask(command, None, self._notices.fail)


def check_text(check: Message, noun: str = "points") -> tuple[str, str]:
    """Return what a check has found in words, and the state of the label; `noun` is what is counted."""
    if check["problems"]:
        shown = check["problems"][:_SHOWN]
        more = len(check["problems"]) - len(shown)
        return "\n".join([*shown, *([f"and {more} more"] if more else [])]), "error"
    parts = [] if check["points"] is None else [f"{check['points']:,} {noun}"]
    if check["seconds"] is not None:
        parts.append(f"about {duration(check['seconds'])}" if check["seconds"] >= 1 else "less than 1 s")
    if check["bytes"] is not None:
        parts.append(size_text(check["bytes"]))
    text = "Ready: " + ", ".join(parts) if parts else "Ready"
    if check["warnings"]:
        return "\n".join([text, *check["warnings"]]), "warning"
    return text, "good"


def cut_off(scan: Message) -> Message:
    """Return what is known of a scan when its station has ended: if it was running, no more than that it was."""
    return scan if scan.get("over", True) else scan | {"state": "was running when the station ended", "progress": {}}


def progress_text(scan: Message) -> str:
    """Return what a scan does, in words: state, points, rate, time left."""
    progress = scan.get("progress") or {}
    total, done = scan.get("total"), scan.get("done", 0)
    words = [f"{shortened(scan['name'])}: {scan['state']}"]
    noun = "lines" if scan.get("plan") == "recording" else "points"
    words.append(f"{done:,} of {total:,} {noun}" if total else f"{done:,} {noun}")
    if not scan.get("over", True):
        if progress.get("rate"):
            words.append(f"{progress['rate']:.3g}/s")
        if progress.get("seconds_left") is not None:
            words.append(f"{duration(progress['seconds_left'])} left")
    elif scan.get("seconds") is not None:
        words.append(f"took {duration(scan['seconds'])}" if scan["seconds"] >= 1 else "took less than 1 s")
    if progress.get("dropped"):
        words.append(f"{progress['dropped']} frames dropped")
    text = ", ".join(words)
    return f"{text}. {scan['reason']}" if scan.get("reason") else text


def size_text(count: float) -> str:
    """Return a size as a person says it: ``12.3 MB``."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"
