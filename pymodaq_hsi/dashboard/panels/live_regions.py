"""Regions of pixels that are drawn in a frame."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PyQt5.QtCore import Qt, pyqtSignal

from pymodaq_hsi.dashboard.theme import LINE_COLOURS

__all__ = ["PixelRegion", "free_colour"]


class PixelRegion(pg.LinearRegionItem):  # type: ignore[misc]
    """Pixels from one to another: dragged by its middle or its edges, removed by a click with the right button.

    Parameters
    ----------
    colour : str
    first, last : float
        Pixels.
    most : int
        The last pixel of the frame.

    Attributes
    ----------
    unwanted : pyqtSignal(object)
        It is to be removed.
    """

    unwanted = pyqtSignal(object)

    def __init__(self, colour: str, first: float, last: float, most: int) -> None:
        fill = pg.mkColor(colour)
        fill.setAlpha(50)
        pen = pg.mkPen(colour, width=2)
        super().__init__((first, last), "horizontal", pg.mkBrush(fill), pen, bounds=(0, most))
        self.colour = colour
        self.setZValue(8)
        self.setToolTip("Drag the region or its edges; a click with the right button removes it")

    def mouseClickEvent(self, event: Any) -> None:  # noqa: N802
        """Remove it, or leave the click to what is below."""
        if event.button() == Qt.MouseButton.RightButton and not self.moving:
            event.accept()
            self.unwanted.emit(self)
        else:
            super().mouseClickEvent(event)


def free_colour(taken: list[str]) -> str:
    """Return the first colour of curves that is not taken."""
    return next((each for each in LINE_COLOURS if each not in taken), LINE_COLOURS[0])
