"""Fields of the editor of plans: they take what is typed, and say when it is no number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import pyqtSignal
from PyQt5.QtWidgets import QComboBox, QLabel, QLineEdit, QWidget

from pymodaq_hsi.dashboard.words_label import WordsLabel

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Choice", "NumberField", "Problem", "quiet", "refresh_style"]


def refresh_style(widget: QWidget) -> None:
    """Have the style sheet look at the widget's properties again."""
    style = widget.style()
    if style is not None:
        style.unpolish(widget)
        style.polish(widget)


def quiet(text: str = "") -> QLabel:
    """Return a label that stands back."""
    label = QLabel(text)
    label.setProperty("quiet", True)
    return label


class Problem(WordsLabel):
    """What is wrong with what stands above it; not there when nothing is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setProperty("state", "error")
        self.hide()

    def tell(self, problems: list[str]) -> None:
        """Show problems, one a line."""
        self.setText("\n".join(dict.fromkeys(problems)))
        self.setVisible(bool(problems))


class NumberField(QLineEdit):
    """A number that may be missing.

    Parameters
    ----------
    tip : str
        Says unit and effect.
    whole : bool
        Only whole numbers.
    hint : str
        Shown while it is empty: what that means.

    Attributes
    ----------
    edited : pyqtSignal(object)
        The user has put something else in: float, int, None for nothing, or the text of what is no number.
    """

    edited = pyqtSignal(object)

    def __init__(self, tip: str, *, whole: bool = False, hint: str = "", width: int = 0) -> None:
        super().__init__()
        self._whole = whole
        self._tip = tip
        self.setToolTip(tip)
        self.setPlaceholderText(hint)
        if width:
            self.setMaximumWidth(width)
        self.setMinimumWidth(44)
        self.textEdited.connect(self._take)

    def show_value(self, value: Any) -> None:
        """Show a number; what the user is typing, and means the same, stays as it is typed."""
        if self.hasFocus() and self.valid and self.value() == value:
            return
        self.setText("" if value is None else f"{value:.12g}" if isinstance(value, float) else str(value))
        self._mark(self.valid)

    @property
    def valid(self) -> bool:
        """Whether it is empty, or a number."""
        try:
            self.value()
        except ValueError:
            return False
        return True

    def value(self) -> float | int | None:
        """Return the number.

        Raises
        ------
        ValueError
            It is none.
        """
        text = self.text().strip()
        if not text:
            return None
        if self._whole:
            return int(text.replace("_", ""))
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(f"{text} is not finite")
        return number

    def _take(self) -> None:
        self._mark(self.valid)
        # what is no number goes into the plan too: its check refuses it, and nothing is run with the number before
        self.edited.emit(self.value() if self.valid else self.text().strip())

    def _mark(self, good: bool) -> None:
        wanted = "a whole number" if self._whole else "a number"
        self.setToolTip(self._tip if good else f"{self.text()!r} is not {wanted}. {self._tip}")
        self.setProperty("state", "" if good else "error")
        refresh_style(self)


class Choice(QComboBox):
    """One of some texts, each of which stands for a value.

    Attributes
    ----------
    chosen : pyqtSignal(object)
        The user has chosen another value.
    """

    chosen = pyqtSignal(object)

    def __init__(self, tip: str, choices: Mapping[Any, str] | None = None) -> None:
        super().__init__()
        self.setToolTip(tip)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        if choices:
            self.offer(choices)
        self.activated.connect(lambda _: self.chosen.emit(self.currentData()))

    def offer(self, choices: Mapping[Any, str]) -> None:
        """Offer other values; the present one stays, if it is among them."""
        if [(self.itemData(k), self.itemText(k)) for k in range(self.count())] == list(choices.items()):
            return
        present = self.currentData()
        self.clear()
        for value, text in choices.items():
            self.addItem(text, value)
        if present is not None:
            self.show_value(present)

    def show_value(self, value: Any) -> None:
        """Show a value; one that is not offered is added, to be seen."""
        index = self.findData(value)
        if index < 0 and value not in (None, ""):
            self.addItem(f"{value} (not there)", value)
            index = self.count() - 1
        self.setCurrentIndex(index)
