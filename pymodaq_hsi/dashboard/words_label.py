"""A label for words that others have chosen: messages, names, paths."""

from __future__ import annotations

from PyQt5.QtCore import QSize
from PyQt5.QtWidgets import QLabel, QWidget

__all__ = ["WordsLabel", "shortened"]

_LEAST = 60


class WordsLabel(QLabel):
    """Text in as many lines as it takes; a word that is longer than a line makes nothing wider, and is cut."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setWordWrap(True)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  Qt's name
        """Ask for little width, whatever the words are."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), _LEAST), hint.height())


def shortened(text: str, most: int = 40) -> str:
    """Return a name with what is in its middle left out, if it is longer than `most` characters."""
    if len(text) <= most:
        return text
    return f"{text[: (most - 1) // 2]}…{text[-(most // 2) :]}"
