"""Where a QObject's files go: base, folder, name and number, as properties that are checked."""

from __future__ import annotations

import os

from PyQt5.QtCore import QObject, pyqtSignal

from pymodaq_hsi.errors import OutputError
from pymodaq_hsi.storage._place import Place, checked_base, checked_folder, checked_name

__all__ = ["NamedFiles"]


class NamedFiles(QObject):
    """What has files of a name, one after the other; parameters as `DataStorage`."""

    numberChanged = pyqtSignal()  # noqa: N815
    """The next file gets another number than was last said."""

    def __init__(
        self, base: str | os.PathLike[str], folder: str, name: str, numbered: bool, parent: QObject | None
    ) -> None:
        super().__init__(parent)
        self._base = checked_base(base or os.getcwd())
        self._folder = checked_folder(folder)
        self._name = checked_name(name)
        self._numbered = bool(numbered)
        self._said = self.getNumber()

    @property
    def base(self) -> str:
        """Folder that all is below."""
        return self._base

    @base.setter
    def base(self, value: str | os.PathLike[str]) -> None:
        self._base = checked_base(value)
        self.tell_number()

    @property
    def folder(self) -> str:
        """Folder below the base, or several with "/" between them; '' for the base itself. Made by `reserve`."""
        return self._folder

    @folder.setter
    def folder(self, value: str) -> None:
        self._folder = checked_folder(value)
        self.tell_number()

    @property
    def name(self) -> str:
        """What files are called."""
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._name = checked_name(value)
        self.tell_number()

    @property
    def numbered(self) -> bool:
        """Whether files are counted up. Without a number, a file that is there is an error, and stays."""
        return self._numbered

    @numbered.setter
    def numbered(self, value: bool) -> None:
        self._numbered = bool(value)
        self.tell_number()

    def getNumber(self) -> int | None:  # noqa: N802
        """Return the number that the next file gets; None if files have none, or the folder cannot be read.

        `reserve` takes it for good: no other program gets it, and it does not come again when the file is deleted.
        """
        try:
            return self.place.coming()
        except OutputError:  # reserve says so; this one is called where labels are drawn
            return None

    @property
    def place(self) -> Place:
        """All of that together."""
        return Place(self._base, self._folder, self._name, self._numbered)

    def tell_number(self) -> None:
        """Emit `numberChanged` if it has."""
        coming = self.getNumber()
        if coming != self._said:
            self._said = coming
            self.numberChanged.emit()
