"""Closing the window while devices are connected: asked once, in a box that stops nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QMessageBox, QWidget

from pymodaq_hsi.dashboard.words_label import shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.dashboard.mirror import StationMirror

__all__ = ["QuitQuestion"]

_JOBS = {"reference": "A reference", "move": "A move", "auto_exposure": "The search for an exposure"}


class QuitQuestion(QMessageBox):
    """What shall become of the station.

    Parameters
    ----------
    mirror : StationMirror
    leave, end : callable
        Called for "Leave running" and "Shut down".
    """

    def __init__(
        self, mirror: StationMirror, leave: Callable[[], None], end: Callable[[], None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setObjectName("QuitQuestion")
        self.setIcon(QMessageBox.Icon.Question)
        self.setWindowTitle("Close the window")
        running = f"The scan {shortened(mirror.scan['name'])} is running. " if mirror.scanning and mirror.scan else ""
        running += "".join(
            f"{words} of {job['device']} is going on. "
            for job in mirror.jobs.values()
            if job["state"] == "running" and job.get("device") and (words := _JOBS.get(job["kind"]))
        )
        self.setText(f"{running}Connected: {', '.join(mirror.devices) or 'nothing'}.")
        self.setInformativeText(
            "The station goes on without this window; open it again to see what it does. Or shut it down: a scan is "
            "stopped with what there is kept, all lights go off, and the devices are disconnected."
        )
        self._leave = self.addButton("Leave running", QMessageBox.ButtonRole.AcceptRole)
        self._end = self.addButton("Shut down", QMessageBox.ButtonRole.DestructiveRole)
        cancel = self.addButton(QMessageBox.StandardButton.Cancel)
        self.setEscapeButton(cancel)
        self.setDefaultButton(self._leave)
        self._acts = leave, end
        self.setWindowModality(Qt.WindowModality.NonModal)  # lights can be switched off while it is asked
        self.finished.connect(self._answered)

    def _answered(self, _: int) -> None:
        leave, end = self._acts
        if self.clickedButton() is self._leave:
            leave()
        elif self.clickedButton() is self._end:
            end()
        self.deleteLater()
