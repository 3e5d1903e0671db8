"""Axes whose labels fit beside them, and say what they are called and nothing else."""

from __future__ import annotations

import html
from typing import Any

import pyqtgraph as pg
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QFontMetricsF

__all__ = ["FittedAxis", "fitted_axes"]

_MARGIN = 12


class FittedAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """An axis whose label is cut with an ellipsis where there is no room for it; a < in it is no tag."""

    def labelString(self) -> str:  # noqa: N802  pyqtgraph's name
        """Return the label as far as it fits."""
        whole = str(self.labelText)  # type: ignore[has-type]
        room = (self.height() if self.orientation in ("left", "right") else self.width()) - _MARGIN
        if room > 0:  # else nobody has laid it out yet
            shown = QFontMetricsF(self.label.font()).elidedText(whole, Qt.TextElideMode.ElideRight, room)
        else:
            shown = whole
        self.labelText = html.escape(shown)
        try:
            return str(super().labelString())
        finally:
            self.labelText = whole

    def resizeEvent(self, event: Any = None) -> None:  # noqa: N802  Qt's name
        """Fit the label in."""
        if self.label is not None and self.label.isVisible():
            self.label.setHtml(self.labelString())
        super().resizeEvent(event)


def fitted_axes() -> dict[str, FittedAxis]:
    """Return the axes of a new plot, as its ``axisItems``."""
    return {side: FittedAxis(side) for side in ("left", "bottom")}
