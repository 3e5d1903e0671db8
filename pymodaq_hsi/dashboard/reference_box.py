"""One reference: what to do for it, the buttons, what is in use, and what is wrong with it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QGroupBox, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from pymodaq_hsi.dashboard.reference_watch import reference_notes
from pymodaq_hsi.dashboard.words_label import WordsLabel

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message

__all__ = ["ReferenceBox"]


class ReferenceBox(QGroupBox):
    """A step of the workflow.

    Parameters
    ----------
    title, instruction : str
    """

    def __init__(self, title: str, instruction: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self.instruction = WordsLabel(instruction)
        self.instruction.setProperty("quiet", True)
        self.take = QPushButton("Take")
        self.take.setProperty("primary", True)
        self.take.setToolTip("Record frames and average them")
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Keep the reference that was there")
        self.cancel.hide()
        self.read = QPushButton("Import")
        self.read.setToolTip("Use a reference from a file (.hsiref, HDF5, an ENVI cube)")
        self.write = QPushButton("Export")
        self.write.setToolTip("Write the reference in use to a file")
        self.clear = QPushButton("Clear")
        self.clear.setToolTip("Use it no longer")
        self.state = WordsLabel()
        self.state.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.warnings = WordsLabel()
        self.warnings.setProperty("state", "warning")
        self.warnings.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bar = QProgressBar()
        self.bar.setMaximumHeight(14)
        self.bar.hide()
        row = QHBoxLayout()
        for button in (self.take, self.cancel, self.read, self.write, self.clear):
            button.setMinimumWidth(40)
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 6)
        for part in (self.instruction, self.bar, self.state, self.warnings):
            column.addWidget(part)
        column.insertLayout(1, row)

    def show_reference(self, reference: Message | None, *, usable: bool) -> None:
        """Show what is in use, None for nothing."""
        self.take.setEnabled(usable)
        self.read.setEnabled(usable)
        for button in (self.write, self.clear):
            button.setEnabled(reference is not None)
        if reference is None:
            self.state.setText("None in use")
            self._colour("")
            self.warnings.hide()
            return
        when = time.strftime("%d %b %H:%M:%S", time.localtime(reference["timestamp"]))
        share = 100 * reference["saturated"]
        saturated = f", {share:.{0 if share >= 10 else 2}f} % saturated" if share else ""
        panel = f", panel {reference['panel']}" if reference.get("panel") is not None else ""
        self.state.setText(
            f"In use: {when}, {reference['frames']} frames, mean {reference['mean']:.4g}{saturated}{panel}"
        )
        notes = reference_notes(reference)
        self.warnings.setText("\n".join(f"⚠ {note}" for note in notes))
        self.warnings.setVisible(bool(notes))
        self._colour("warning" if notes else "good")

    def show_progress(self, progress: Message | None) -> None:
        """Show how far it is; None when it is over."""
        busy = progress is not None
        self.bar.setVisible(busy)
        self.take.setVisible(not busy)
        self.cancel.setVisible(busy)
        if progress is not None:
            self.bar.setRange(0, int(progress.get("total") or 0))
            self.bar.setValue(int(progress.get("done") or 0))

    def _colour(self, state: str) -> None:
        self.state.setProperty("state", state)
        self.state.style().unpolish(self.state)
        self.state.style().polish(self.state)
