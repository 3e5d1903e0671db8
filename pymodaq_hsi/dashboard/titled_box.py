"""A box with a title that makes nothing wider: what does not fit is left out, and is in the tooltip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import QSize, Qt
from PyQt5.QtWidgets import QGroupBox, QWidget

if TYPE_CHECKING:
    from PyQt5.QtGui import QResizeEvent

__all__ = ["TitledBox"]

_BESIDE = 32
"""Pixels of the width that a title does not get, for the frame."""


class TitledBox(QGroupBox):
    """A group box for devices, whose names may be of any length.

    Attributes
    ----------
    name_shown : str
        The whole title.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name_shown = ""

    def show_title(self, text: str) -> None:
        """Show a title, as much of it as there is room for."""
        self.name_shown = " ".join(text.split())
        self.setToolTip(self.name_shown)
        self._fit()

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Ask for what is in the box, whatever is above it."""
        inside = self.layout()
        return super().minimumSizeHint() if inside is None else inside.totalMinimumSize()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802  Qt's name
        """Fit the title in."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.width() - _BESIDE
        title = self.fontMetrics().elidedText(self.name_shown, Qt.TextElideMode.ElideRight, max(room, 60))
        self.setTitle(title.replace("&", "&&"))
