"""The parameters of one device as a tree that can be edited, kept as the device has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt5.QtWidgets import QAbstractSpinBox, QComboBox, QHeaderView, QVBoxLayout, QWidget
from pyqtgraph.parametertree import Parameter, ParameterTree

from pymodaq_hsi.dashboard.parameter_items import item_options, shown_value, spec_options

if TYPE_CHECKING:
    from PyQt5.QtGui import QResizeEvent

    from pymodaq_hsi.dashboard.mirror import Message

__all__ = ["DeviceParameters"]

_NAMES_SHARE = 0.55
"""Of the width, that names get at the most."""

_LISTS = {"Status": "Status", "Parameter": "Settings", "MetaInfo": "About the device"}


class DeviceParameters(QWidget):
    """A tree of parameter specs with their values.

    Attributes
    ----------
    edited : pyqtSignal(str, object)
        The user has set a parameter to a value; whoever takes this sets it on the device and calls `take_values` with
        what the device took, or with the value before if it was refused.
    executed : pyqtSignal(str)
        The user has pressed the button of a command.
    """

    edited = pyqtSignal(str, object)
    executed = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tree = ParameterTree(showHeader=False)
        self.tree.setObjectName("ParameterTree")
        self.tree.setRootIsDecorated(True)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.tree.header()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # long names are often alike at their beginning
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tree)
        self._specs: dict[str, Message] = {}
        self._items: dict[str, Any] = {}
        self._groups: list[Any] = []
        self._showing = False
        self._wheel = _WheelGuard(self)

    def show_lists(
        self, lists: dict[str, list[Message]], values: dict[str, Any], titles: dict[str, str] = _LISTS
    ) -> None:
        """Show the parameters of a device, by list; an empty mapping clears the tree.

        Parameters
        ----------
        lists : dict of str to list of dict
            Parameter specs by category.
        values : dict
            By parameter.
        titles : dict of str to str
            The heading of each category that is shown.
        """
        self._showing = True
        try:
            self.tree.clear()
            self._specs, self._items, self._groups = {}, {}, []
            for category, title in titles.items():
                specs = lists.get(category, [])
                children = [Parameter.create(**item_options(spec, values.get(spec["name"]))) for spec in specs]
                for spec, item in zip(specs, children, strict=True):
                    self._specs[spec["name"]], self._items[spec["name"]] = spec, item
                    self._connect(spec, item)
                if children:
                    expanded = category != "MetaInfo"
                    group = {"name": category, "title": title, "type": "group", "expanded": expanded}
                    self._groups.append(Parameter.create(**group, children=children))
                    self.tree.addParameters(self._groups[-1])
            for box in self.tree.findChildren((QAbstractSpinBox, QComboBox)):
                box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
                box.installEventFilter(self._wheel)
        finally:
            self._showing = False
        self._fit_names()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802  Qt's name
        """Leave room for the values, however long the names are."""
        super().resizeEvent(event)
        self._fit_names()

    def _fit_names(self) -> None:
        most = int(_NAMES_SHARE * self.tree.viewport().width())
        self.tree.header().resizeSection(0, max(60, min(self.tree.sizeHintForColumn(0), most)))

    def take_values(self, values: dict[str, Any]) -> None:
        """Show values as the device has them; nothing is sent."""
        self._showing = True
        try:
            for name, value in values.items():
                item, spec = self._items.get(name), self._specs.get(name)
                if item is None or spec is None or spec["type"] == "Command":
                    continue
                shown = shown_value(spec, value)
                if item.value() != shown:
                    item.setValue(shown)
        finally:
            self._showing = False

    def take_specs(self, specs: list[Message]) -> bool:
        """Show limits, entries and access that have changed; return False when the whole tree has to be made anew."""
        if any(spec["name"] not in self._specs for spec in specs):
            return False
        self._showing = True
        try:
            for spec in specs:
                self._specs[spec["name"]] = spec
                self._items[spec["name"]].setOpts(**spec_options(spec))
        finally:
            self._showing = False
        return True

    def item(self, name: str) -> Any:
        """Return the pyqtgraph parameter of that name, None if there is none."""
        return self._items.get(name)

    def set_editable(self, editable: bool) -> None:
        """Lock or unlock all of it, as while a scan uses the device."""
        self._showing = True
        try:
            for name, item in self._items.items():
                options = spec_options(self._specs[name])
                if not editable:
                    options |= {"enabled": False} if self._specs[name]["type"] == "Command" else {"readonly": True}
                item.setOpts(**options)
        finally:
            self._showing = False

    def _connect(self, spec: Message, item: Any) -> None:
        name = spec["name"]
        if spec["type"] == "Command":
            item.sigActivated.connect(lambda *_: self.executed.emit(name))
        else:
            item.sigValueChanged.connect(lambda _, value: None if self._showing else self.edited.emit(name, value))


class _WheelGuard(QObject):
    """Lets the wheel scroll the tree, and not change a value that the pointer happens to be over."""

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802  Qt's name
        if event is not None and event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget):
            if not watched.hasFocus():
                event.ignore()
                return True
        return super().eventFilter(watched, event)
