"""Presets: all devices as they are now under a name, and back to that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt5.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QPushButton,
    QVBoxLayout,
)

from pymodaq_hsi.dashboard.panel import Area, Panel
from pymodaq_hsi.dashboard.words_label import WordsLabel
from pymodaq_hsi.errors import OutputExists

if TYPE_CHECKING:
    from PyQt5.QtGui import QShowEvent

    from pymodaq_hsi.dashboard.mirror import Message
    from pymodaq_hsi.dashboard.panel import PanelContext

__all__ = ["PresetsPanel"]


class PresetsPanel(Panel):
    """The presets of the user: devices by identity, their parameters and references."""

    title = "Presets"
    area = Area.Left
    order = 30

    def __init__(self, context: PanelContext) -> None:
        super().__init__(context)
        self.list = QListWidget()
        self.list.setObjectName("PresetList")
        self.list.itemDoubleClicked.connect(lambda *_: self._load())
        self.list.itemSelectionChanged.connect(self._show_buttons)
        self.load = QPushButton("Load")
        self.load.setProperty("primary", True)
        self.load.setToolTip("Connect the devices of the preset that are not connected, and set them as it says")
        self.load.clicked.connect(self._load)
        self.remove = QPushButton("Remove")
        self.remove.setToolTip("Delete the preset; asks for a second click")
        self.remove.clicked.connect(self._remove)
        self.move_stages = QCheckBox("Move stages too")
        self.move_stages.setToolTip("Stages go to where they were when the preset was saved; else they stay")
        self.any_settings = QCheckBox("Take references of other settings")
        self.any_settings.setToolTip(
            "Use the references of the preset even if the camera is set otherwise than for them"
        )
        self.doing = WordsLabel()
        self.doing.setProperty("quiet", True)
        self.name = QLineEdit()
        self.name.setPlaceholderText("such as morning")
        self.name.setToolTip("The name of the preset")
        self.description = QLineEdit()
        self.description.setToolTip("What it is for")
        self.overwrite = QCheckBox("Replace one of this name")
        self.overwrite.setToolTip("The preset that has this name now is lost")
        self.save = QPushButton("Save")
        self.save.setToolTip("Keep all connected devices as they are now, with their references")
        self.save.clicked.connect(self._save)
        self.name.returnPressed.connect(self._save)
        buttons = QHBoxLayout()
        buttons.addWidget(self.load)
        buttons.addWidget(self.remove)
        saving = QGroupBox("Save what is connected now")
        form = QFormLayout(saving)
        form.addRow("Name", self.name)
        form.addRow("Description", self.description)
        form.addRow(self.overwrite)
        form.addRow(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.list, 1)
        for widget in (self.move_stages, self.any_settings):
            column.addWidget(widget)
        column.addLayout(buttons)
        column.addWidget(self.doing)
        column.addWidget(saving)
        self._removing = ""
        self._show_buttons()

    def on_snapshot(self, event: Message) -> None:
        """Read the names."""
        self._read()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802  Qt's name
        """Read the names again: other programs save presets too, and nothing tells of it."""
        super().showEvent(event)
        if self.link.attached:
            self._read()

    def link_lost(self) -> None:
        """Lock everything."""
        self._show_buttons()

    def on_connected(self, event: Message) -> None:
        """Nothing can be saved without devices."""
        self._show_buttons()

    on_disconnected = on_connected

    def save_state(self) -> dict[str, Any]:
        """Keep the ticks."""
        return {"move": self.move_stages.isChecked(), "any": self.any_settings.isChecked()}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Tick as before."""
        self.move_stages.setChecked(bool(state.get("move", False)))
        self.any_settings.setChecked(bool(state.get("any", False)))

    def _read(self) -> None:
        self.link.ask("presets", self._show, self.notices.fail)

    def _show(self, names: list[str]) -> None:
        chosen = self._chosen()
        self.list.clear()
        self.list.addItems(names)
        for item in (self.list.item(row) for row in range(self.list.count())):
            if item is not None and item.text() == chosen:
                self.list.setCurrentItem(item)
        self._show_buttons()

    def _chosen(self) -> str:
        item = self.list.currentItem()
        return "" if item is None else item.text()

    def _show_buttons(self) -> None:
        chosen = bool(self._chosen()) and self.link.attached
        self.load.setEnabled(chosen)
        self.remove.setEnabled(chosen)
        self.save.setEnabled(bool(self.mirror.devices) and self.link.attached)
        self._removing = ""
        self.remove.setText("Remove")

    def _load(self) -> None:
        name = self._chosen()
        if not name:
            return
        self.load.setEnabled(False)

        def told(job: Message) -> None:
            self.doing.setText(f"{name}: {job.get('progress', {}).get('doing', '')} ...")

        def done(result: Message) -> None:
            self.doing.setText("")
            self._show_buttons()
            trouble = [*result["problems"], *result["not_set"]]
            if trouble:
                self.notices.warn(f"{name} is loaded, but for: {'; '.join(trouble)}")
            else:
                left = f"; not moved: {', '.join(result['left'])}" if result["left"] else ""
                self.notices.tell(f"{name} is loaded{left}")

        def failed(error: Exception) -> None:
            self.doing.setText("")
            self._show_buttons()
            self.notices.fail(error)

        self.link.begin(
            "load_preset",
            done,
            failed,
            told,
            name=name,
            move=self.move_stages.isChecked(),
            ignore_mismatch=self.any_settings.isChecked(),
        )

    def _save(self) -> None:
        self._save_as(self.name.text().strip(), replace=self.overwrite.isChecked())

    def _save_as(self, name: str, *, replace: bool) -> None:

        def saved(path: str) -> None:
            self.notices.tell(f"{name} is saved in {path}")
            self.overwrite.setChecked(False)
            self._read()

        def failed(error: Exception) -> None:
            if isinstance(error, OutputExists):
                self.notices.fail(error, "Replace it", lambda: self._save_as(name, replace=True))
            else:
                self.notices.fail(error)

        description = self.description.text().strip()
        self.link.ask("save_preset", saved, failed, name=name, description=description, overwrite=replace)

    def _remove(self) -> None:
        name = self._chosen()
        if self._removing != name:  # a second click does it: no dialog, no accident
            self._removing = name
            self.remove.setText("Remove it?")
            return
        self.link.ask("remove_preset", lambda _: self._read(), self.notices.fail, name=name)
