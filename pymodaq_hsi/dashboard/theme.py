"""Dark and light: palette, style sheet, and the colours of plots."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtGui import QColor, QPalette
from PyQt5.QtWidgets import QApplication, QWidget

__all__ = ["LINE_COLOURS", "Theme", "set_state", "unscaled"]

LINE_COLOURS = ("#4C9BE8", "#E8894C", "#52B788", "#D65DB1", "#C9B458", "#8E7CC3", "#E05260", "#4DB6AC")
"""Of curves, distinct for colour-blind readers too by their lightness."""

_SMALLEST, _LARGEST = -4.0, 12.0

_COLOURS = {
    "dark": {
        "window": "#20242B",
        "base": "#181B20",
        "raised": "#2B3039",
        "text": "#E4E7EB",
        "quiet": "#98A2B0",
        "line": "#3B424E",
        "accent": "#4C9BE8",
        "on_accent": "#FFFFFF",
        "good": "#52B788",
        "warning": "#E0A33E",
        "error": "#E05260",
    },
    "light": {
        "window": "#F3F4F6",
        "base": "#FFFFFF",
        "raised": "#E6E9EE",
        "text": "#1C2026",
        "quiet": "#5D6673",
        "line": "#C5CBD4",
        "accent": "#1F6FBF",
        "on_accent": "#FFFFFF",
        "good": "#1E7F52",
        "warning": "#9A6200",
        "error": "#B3261E",
    },
}

_SHEET = """
QToolTip {{ background: {raised}; color: {text}; border: 1px solid {line}; padding: 3px; }}
QMainWindow::separator {{ background: {line}; width: 3px; height: 3px; }}
QDockWidget {{ titlebar-close-icon: none; }}
QDockWidget::title {{ background: {raised}; padding: 4px 8px; }}
QGroupBox {{ border: 1px solid {line}; border-radius: 4px; margin-top: 1.1em; padding-top: 0.3em; }}
QGroupBox::title {{ subcontrol-origin: margin; left: 8px; padding: 0 4px; color: {quiet}; }}
QPushButton {{ padding: 4px 10px; border: 1px solid {line}; border-radius: 4px; background: {raised}; }}
QPushButton:hover {{ border-color: {accent}; }}
QPushButton:disabled {{ color: {quiet}; background: {window}; }}
QPushButton:checked, QPushButton[primary="true"] {{ background: {accent}; color: {on_accent}; border-color: {accent}; }}
QPushButton[primary="true"]:disabled {{ background: {raised}; color: {quiet}; border-color: {line}; }}
QPushButton[danger="true"] {{ background: {error}; color: {on_accent}; border-color: {error}; }}
QPushButton[danger="true"]:disabled {{ background: {raised}; color: {quiet}; border-color: {line}; }}
QPushButton:focus, QToolButton:focus, QLineEdit:focus {{
    border: 1px solid {accent};
}}
QCheckBox::indicator:unchecked, QGroupBox::indicator:unchecked, QTreeView::indicator:unchecked {{
    border: 1px solid {quiet}; border-radius: 2px; background: {base}; width: 11px; height: 11px;
}}
QCheckBox::indicator:unchecked:disabled {{ border-color: {line}; }}
QCheckBox:focus {{ color: {accent}; }}
QLabel[quiet="true"] {{ color: {quiet}; }}
QLabel[state="good"] {{ color: {good}; }}
QLabel[state="warning"] {{ color: {warning}; }}
QLabel[state="error"] {{ color: {error}; }}
QLineEdit[state="error"] {{ border: 1px solid {error}; }}
#NoticeBar[level="information"] {{ background: {raised}; border-bottom: 2px solid {good}; }}
#NoticeBar[level="warning"] {{ background: {raised}; border-bottom: 2px solid {warning}; }}
#NoticeBar[level="error"] {{ background: {raised}; border-bottom: 2px solid {error}; }}
QHeaderView::section {{ background: {raised}; color: {quiet}; border: 0; padding: 3px 6px; }}
QStatusBar::item {{ border: 0; }}
"""


def set_state(widget: QWidget, state: str) -> None:
    """Colour a widget by what it says: "good", "warning", "error" or ''."""
    style = widget.style()
    if widget.property("state") != state and style is not None:
        widget.setProperty("state", state)
        style.unpolish(widget)
        style.polish(widget)


def unscaled(axis: Any) -> None:
    """Have the ticks of an axis say the values as they are: "x0.001" beside a label is no unit.

    pyqtgraph scales by a prefix all the same when it is told twice to leave it, or once when there is a label already.
    """
    if axis.autoSIPrefix or axis.autoSIPrefixScale != 1.0:
        axis.autoSIPrefix = False
        axis.autoSIPrefixScale = 1.0
        axis.picture = None
        axis.update()


class Theme(QObject):
    """The colours of the window; panels colour plots through it and follow `changed`.

    Attributes
    ----------
    name : str
        "dark" or "light".
    text : float
        Points by which text is larger than the system has it.
    changed : pyqtSignal()
        Colour what does not follow the palette anew, in the font that the application has now: `style_plot`.
    """

    changed = pyqtSignal()

    def __init__(self, name: str = "dark", text: float = 0.0, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name = name if name in _COLOURS else "dark"
        self.text = 0.0
        self.enlarge(text)
        self._apply()

    def use(self, name: str) -> None:
        """Change to "dark" or "light"."""
        if name in _COLOURS and name != self.name:
            self.name = name
            self._apply()
            self.changed.emit()

    def enlarge(self, points: float) -> None:
        """Make all text larger by some points than the system has it (smaller, if negative); 0 for the usual size."""
        application = QApplication.instance()
        if isinstance(application, QApplication):
            font = application.font()
            self.text, before = min(max(points, _SMALLEST), _LARGEST), self.text
            if self.text == before:
                return
            font.setPointSizeF(max(5.0, font.pointSizeF() + self.text - before))
            application.setFont(font)
            application.setStyleSheet(application.styleSheet())  # else what a sheet styles keeps its old font
            self.changed.emit()

    def colour(self, role: str) -> str:
        """Return a colour as ``#RRGGBB``.

        Parameters
        ----------
        role : str
            window, base, raised, text, quiet, line, accent, on_accent, good, warning, error.
        """
        return _COLOURS[self.name][role]

    def style_plot(self, plot: Any) -> None:
        """Colour a pyqtgraph view, plot item or plot widget: background, axes and their labels."""
        if hasattr(plot, "setBackground"):
            plot.setBackground(self.colour("base"))
        item = plot.getPlotItem() if hasattr(plot, "getPlotItem") else plot
        if getattr(item, "legend", None) is not None:
            item.legend.setLabelTextColor(self.colour("text"))
            for _, label in item.legend.items:  # those that are there keep their colour until they are written anew
                label.setText(label.text, color=self.colour("text"))
        axes = item.axes.values() if hasattr(item, "axes") else ()
        for axis in (each["item"] for each in axes):
            self.style_axis(axis)

    def style_axis(self, axis: Any) -> None:
        """Colour an axis of pyqtgraph's that is in no plot, as that of a colour bar."""
        axis.setPen(pg.mkPen(self.colour("line")))
        axis.label.setFont(QApplication.font())
        axis.setTextPen(pg.mkPen(self.colour("text")))
        unscaled(axis)

    def _apply(self) -> None:
        colours = _COLOURS[self.name]
        pg.setConfigOptions(background=colours["base"], foreground=colours["text"], antialias=False)
        application = QApplication.instance()
        if not isinstance(application, QApplication):
            return
        application.setStyle("Fusion")
        palette = QPalette()
        roles = {
            "window": (QPalette.ColorRole.Window, QPalette.ColorRole.Button),
            "base": (QPalette.ColorRole.Base,),
            "raised": (QPalette.ColorRole.AlternateBase, QPalette.ColorRole.ToolTipBase),
            "text": (
                QPalette.ColorRole.WindowText,
                QPalette.ColorRole.Text,
                QPalette.ColorRole.ButtonText,
                QPalette.ColorRole.ToolTipText,
                QPalette.ColorRole.BrightText,
            ),
            "accent": (QPalette.ColorRole.Highlight, QPalette.ColorRole.Link),
            "on_accent": (QPalette.ColorRole.HighlightedText,),
            "line": (QPalette.ColorRole.Mid, QPalette.ColorRole.Dark),
        }
        for role, places in roles.items():
            for place in places:
                palette.setColor(place, QColor(colours[role]))
        palette.setColor(QPalette.ColorRole.PlaceholderText, QColor(colours["quiet"]))
        for place in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, place, QColor(colours["quiet"]))
        application.setPalette(palette)
        application.setStyleSheet(_SHEET.format(**colours))
