"""One stage: where it is, where it shall go, steps, stop, named positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QToolButton,
    QWidget,
)

from pymodaq_hsi.dashboard.titled_box import TitledBox

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message
    from pymodaq_hsi.dashboard.panel import PanelContext

__all__ = ["StageBox"]

_TOOLTIP = Qt.ItemDataRole.ToolTipRole
_STEPS = ("0.01", "0.1", "1", "10", "100")


class StageBox(TitledBox):
    """Moves one stage.

    Parameters
    ----------
    name : str
        In the station.
    context : PanelContext
    """

    def __init__(self, name: str, context: PanelContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._link, self._mirror, self._notices = context.link, context.mirror, context.notices
        self._positions: dict[str, float] = {}
        spec = self._mirror.spec(name, "Position") or {}
        self._unit = str(spec.get("unit", ""))
        self.show_title(f"{name}: {self._mirror.devices[name]['display_name']}")
        self.here = QLabel()
        self.here.setObjectName("StagePosition")
        font = self.here.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        self.here.setFont(font)
        self.way = QProgressBar()
        self.way.setTextVisible(False)
        self.way.setMaximumHeight(6)
        self.target = QDoubleSpinBox()
        self.target.setDecimals(4)
        self.target.setSuffix(f" {self._unit}" if self._unit else "")
        self.target.setToolTip("Where it shall go (Enter goes there)")
        self.target.lineEdit().returnPressed.connect(self._go)
        self.go = QPushButton("Go")
        self.go.clicked.connect(self._go)
        self.stop = QPushButton("Stop")
        self.stop.setProperty("danger", True)
        self.stop.setToolTip("Stop it where it is, whoever moves it")
        self.stop.clicked.connect(lambda: self._link.ask("stop_move", None, self._notices.fail, device=name))
        self.back, self.forth = QToolButton(), QToolButton()
        for button, text, sign in ((self.back, "◀", -1), (self.forth, "▶", 1)):
            button.setText(text)
            button.setToolTip(f"A step {'up' if sign > 0 else 'down'} from where it is")
            button.clicked.connect(lambda _=False, sign=sign: self._jog(sign))
        self.step = QComboBox()
        self.step.setEditable(True)
        self.step.addItems([f"{each} {self._unit}".strip() for each in _STEPS])
        self.step.setCurrentIndex(2)
        self.step.setToolTip("How far a step is")
        self.named = QComboBox()
        self.named.setEditable(True)
        self.named.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.named.lineEdit().setPlaceholderText("name of a position")
        self.named.setToolTip("Positions with names; type a new name to remember where it is now")
        self.go_named = QPushButton("Go to")
        self.go_named.setToolTip("Go to the named position")
        self.go_named.clicked.connect(self._go_named)
        self.remember = QPushButton("Remember")
        self.remember.setToolTip("Give the present position this name")
        self.remember.clicked.connect(self._remember)
        self.forget = QToolButton()
        self.forget.setText("✕")
        self.forget.setToolTip("Forget the named position")
        self.forget.clicked.connect(self._forget)
        self._lay_out()
        self.take_specs()
        self.take_values(self._mirror.devices[name]["values"])
        self._read_positions()

    def take_values(self, values: Message) -> None:
        """Show where it is, and whether it moves."""
        if "Position" in values and isinstance(values["Position"], int | float):
            self.here.setText(f"{values['Position']:.4f} {self._unit}".strip())
            low, high = self.target.minimum(), self.target.maximum()
            self.way.setRange(0, 1000)
            self.way.setValue(int(1000 * (values["Position"] - low) / (high - low)) if high > low else 0)
        if "Moving" in values:
            self.here.setProperty("state", "warning" if values["Moving"] else "")
            self.here.style().unpolish(self.here)
            self.here.style().polish(self.here)

    def take_specs(self) -> None:
        """Take the limits over."""
        spec = self._mirror.spec(self.name, "Position") or {}
        low, high = spec.get("minimum"), spec.get("maximum")
        self.target.setRange(-1e9 if low is None else low, 1e9 if high is None else high)
        self.go.setToolTip(f"Go there; from {self.target.minimum():g} to {self.target.maximum():g} {self._unit}")

    def set_usable(self, usable: bool, why: str) -> None:
        """Lock or unlock everything but Stop."""
        for widget in (self.go, self.target, self.back, self.forth, self.go_named):
            widget.setEnabled(usable)
        self.setToolTip(why or self.name_shown)

    def take_positions(self) -> None:
        """Show the named positions anew."""
        self._read_positions()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(8, 4, 8, 8)
        grid.addWidget(self.here, 0, 0, 1, 3)
        grid.addWidget(self.stop, 0, 3)
        grid.addWidget(self.way, 1, 0, 1, 4)
        grid.addWidget(QLabel("Go to"), 2, 0)
        grid.addWidget(self.target, 2, 1, 1, 2)
        grid.addWidget(self.go, 2, 3)
        grid.addWidget(QLabel("Step"), 3, 0)
        grid.addWidget(self.step, 3, 1, 1, 2)
        pair = QWidget()
        row = QGridLayout(pair)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.back, 0, 0)
        row.addWidget(self.forth, 0, 1)
        grid.addWidget(pair, 3, 3)
        grid.addWidget(QLabel("Named"), 4, 0)
        grid.addWidget(self.named, 4, 1)
        grid.addWidget(self.forget, 4, 2)
        grid.addWidget(self.go_named, 4, 3)
        grid.addWidget(self.remember, 5, 1, 1, 2)
        grid.setColumnStretch(1, 1)
        for button in (self.back, self.forth):
            button.setSizePolicy(self.go.sizePolicy())

    def _go(self) -> None:
        self.target.interpretText()
        self._move(self.target.value())

    def _move(self, position: float) -> None:
        self._link.begin("move", None, self._notices.fail, device=self.name, position=position)

    def _jog(self, sign: int) -> None:
        text = self.step.currentText().removesuffix(self._unit).strip().replace(",", ".")
        try:
            step = float(text)
        except ValueError:
            self._notices.warn(f"a step of {text!r} is no number; give one in {self._unit or 'the unit of the stage'}")
            return
        self._link.begin("jog", None, self._notices.fail, device=self.name, step=sign * step)

    def _read_positions(self) -> None:
        self._link.ask("positions", self._show_positions, self._notices.fail)

    def _show_positions(self, positions: dict[str, dict[str, float]]) -> None:
        target = f"{self.name}.Position"
        self._positions = {name: values[target] for name, values in positions.items() if target in values}
        text = self.named.currentText()
        self.named.clear()
        for name, value in self._positions.items():
            self.named.addItem(name)
            self.named.setItemData(self.named.count() - 1, f"{value:g} {self._unit}", _TOOLTIP)
        self.named.setEditText(text)

    def _named(self) -> str:
        return self.named.currentText().strip()

    def _go_named(self) -> None:
        name = self._named()
        if name not in self._positions:
            known = ", ".join(self._positions) or "none yet; Remember makes one"
            self._notices.warn(f"{self.name} has no position called {name!r}; there are: {known}")
            return
        self._move(self._positions[name])

    def _remember(self) -> None:
        name = self._named()
        if not name:
            self._notices.warn(f"type a name for where {self.name} is now, then Remember")
            return

        self._save_position(name)

    def _save_position(self, name: str, *, replace: bool = False) -> None:
        def done(_: object) -> None:
            self._notices.tell(f"{name}: {self.name} at {self.here.text()}")
            self._read_positions()

        def failed(error: Exception) -> None:
            if name in self._positions and not replace:
                self._notices.fail(error, "Replace it", lambda: self._save_position(name, replace=True))
            else:
                self._notices.fail(error)

        targets = [f"{self.name}.Position"]
        self._link.ask("save_position", done, failed, name=name, targets=targets, overwrite=replace)

    def _forget(self) -> None:
        name = self._named()
        if name not in self._positions:
            self._notices.warn(f"{self.name} has no position called {name!r}; choose one from the list")
            return
        self._link.ask("remove_position", lambda _: self._read_positions(), self._notices.fail, name=name)
