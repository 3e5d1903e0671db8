"""References: a dark and a white, step by step, with what is wrong with them; files of them; what is in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
)

from pymodaq_hsi.dashboard.fitted_axis import fitted_axes
from pymodaq_hsi.dashboard.frame_views import reference_array
from pymodaq_hsi.dashboard.panel import Area, Panel
from pymodaq_hsi.dashboard.reference_box import ReferenceBox
from pymodaq_hsi.errors import ReferenceMismatch

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message
    from pymodaq_hsi.dashboard.panel import PanelContext

__all__ = ["ReferencesPanel"]

_DARK, _WHITE = "DarkReference", "WhiteReference"
_COLOURS = {_DARK: "#7A8594", _WHITE: "#C9B458"}
_SUFFIX = "References (*.hsiref *.h5 *.hdr);;All files (*)"


class ReferencesPanel(Panel):
    """Leads through both references of the selected camera."""

    title = "References"
    area = Area.Right
    order = 10

    def __init__(self, context: PanelContext) -> None:
        super().__init__(context)
        self._dialog: QFileDialog | None = None
        self._drawn: tuple[Any, ...] = ()
        self._wanted_age: float | None = None
        self.camera = QComboBox()
        self.camera.setObjectName("ReferenceCamera")
        self.camera.setToolTip("Whose references are taken and shown; the live view follows")
        self.camera.activated.connect(lambda _: context.selection.select_camera(self.camera.currentText()))
        self.frames = QSpinBox()
        self.frames.setRange(1, 100_000)
        self.frames.setValue(50)
        self.frames.setToolTip("How many frames are averaged")
        self.oldest = QDoubleSpinBox()
        self.oldest.setObjectName("ReferenceAge")
        self.oldest.setRange(0.0, 10_000.0)
        self.oldest.setDecimals(2)
        self.oldest.setSingleStep(0.5)
        self.oldest.setSuffix(" h")
        self.oldest.setSpecialValueText("never")
        self.oldest.setKeyboardTracking(False)
        self.oldest.setToolTip("Hours after which references are called too old, in all windows; 0: never")
        self.oldest.valueChanged.connect(self._limit_age)
        self.panel = QLineEdit("1.0")
        self.panel.setToolTip(
            "Reflectivity of the white panel: a number (1 is a perfect white), or the file of its certificate "
            "(wavelength in nm, reflectivity)"
        )
        self.certificate = QToolButton()
        self.certificate.setText("...")
        self.certificate.setToolTip("Choose the panel's certificate")
        self.any_settings = QCheckBox("Import also with other settings")
        self.any_settings.setToolTip("Use a reference from a file even if the camera is set otherwise than for it")
        self.dark = ReferenceBox(
            "1  Dark", "All lights are forced off for it and put back after; cover the lens if it is not dark then."
        )
        self.white = ReferenceBox("2  White", "Put the white panel into view, lit as the sample will be.")
        place = QHBoxLayout()
        place.addWidget(self.panel)
        place.addWidget(self.certificate)
        form = QFormLayout()
        form.addRow("Camera", self.camera)
        form.addRow("Frames", self.frames)
        form.addRow("Too old after", self.oldest)
        form.addRow("White panel", place)
        form.addRow("", self.any_settings)
        self.plot = pg.PlotWidget(enableMenu=False, axisItems=fitted_axes())
        self.plot.setLabel("left", "counts")
        self.plot.addLegend(offset=(-5, 5), labelTextSize="8pt")
        self.plot.setMinimumHeight(110)
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.curves = {
            name: self.plot.plot([], [], pen=pg.mkPen(colour, width=1.5), name=name.removesuffix("Reference").lower())
            for name, colour in _COLOURS.items()
        }
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.addLayout(form)
        column.addWidget(self.dark)
        column.addWidget(self.white)
        column.addWidget(self.plot, 1)
        for name, box in self._boxes().items():
            box.take.clicked.connect(lambda _=False, name=name: self._take(name))
            box.cancel.clicked.connect(lambda _=False, name=name: self._cancel(name))
            box.read.clicked.connect(lambda _=False, name=name: self._choose_import(name))
            box.write.clicked.connect(lambda _=False, name=name: self._choose_export(name))
            box.clear.clicked.connect(lambda _=False, name=name: self._clear(name))
        self.certificate.clicked.connect(self._choose_certificate)
        context.selection.cameraChanged.connect(lambda _: self._show())
        context.theme.changed.connect(lambda: context.theme.style_plot(self.plot))
        context.theme.style_plot(self.plot)
        self._jobs: dict[str, int] = {}
        self._show()

    # events

    def on_snapshot(self, event: Message) -> None:
        """Show everything anew."""
        self._show_cameras()
        self._wish_age()
        self._show()

    def on_reference_age(self, event: Message) -> None:
        """Show after how long they are too old, whoever has set that."""
        self._show()

    def link_lost(self) -> None:
        """Lock everything."""
        for box in self._boxes().values():
            box.show_progress(None)
        self._show()

    on_connected = on_disconnected = on_lost = on_reconnected = on_snapshot

    def on_reference(self, event: Message) -> None:
        """Show what is in use now, and whether it still holds."""
        self._show()

    on_references = on_reference

    def on_in_use(self, event: Message) -> None:
        """Lock the buttons while a scan has the camera."""
        self._show()

    def on_job(self, event: Message) -> None:
        """Show how far a reference is, whoever takes it."""
        if event["kind"] != "reference" or event.get("device") != self.context.selection.camera:
            return
        box = self._boxes().get(event.get("reference", ""))
        if box is None:
            return
        running = event["state"] == "running"
        if running:
            self._jobs[event["reference"]] = event["job"]
        box.show_progress(event.get("progress", {}) if running else None)

    def save_state(self) -> dict[str, Any]:
        """Keep frames, panel, and the age that was set here."""
        return {"frames": self.frames.value(), "panel": self.panel.text(), "oldest": self._wanted_age}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Frames, panel and age as before."""
        oldest = state.get("oldest")
        self._wanted_age = float(oldest) if isinstance(oldest, int | float) else None
        self.frames.setValue(int(state.get("frames", 50)))
        self.panel.setText(str(state.get("panel", "1.0")))

    # what the user does

    def _limit_age(self, hours: float) -> None:
        self._wanted_age = hours
        self.link.ask("limit_reference_age", None, self.notices.fail, seconds=3600.0 * hours or None)

    def _wish_age(self) -> None:
        """Tell a station that was just started what was set here before; another window may have set another age."""
        if self._wanted_age is None:
            return
        from pymodaq_hsi.processing.quality import DEFAULT_OLDEST  # seldom wanted, and slow to load

        if self.mirror.reference_age == DEFAULT_OLDEST:
            self._limit_age(self._wanted_age)

    def _take(self, name: str) -> None:
        camera = self.context.selection.camera
        arguments: dict[str, Any] = {"frames": self.frames.value()}
        text = self.panel.text().strip()
        if name == _WHITE and text:
            try:
                arguments["panel"] = float(text.replace(",", "."))
            except ValueError:
                arguments["panel"] = text
        self._boxes()[name].show_progress({})

        def failed(error: Exception) -> None:
            self._boxes()[name].show_progress(None)
            self.notices.fail(error)

        self.link.begin("take_reference", None, failed, device=camera, reference=name, **arguments)

    def _cancel(self, name: str) -> None:
        if name in self._jobs:
            self.link.ask("cancel_job", None, self.notices.fail, job=self._jobs[name])

    def _clear(self, name: str) -> None:
        camera = self.context.selection.camera
        self.link.ask("clear_reference", None, self.notices.fail, device=camera, reference=name)

    def _choose_import(self, name: str) -> None:
        dialog = QFileDialog(self, "Import a reference", "", _SUFFIX)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.import_file(name, path))
        self._open(dialog)

    def _choose_export(self, name: str) -> None:
        dialog = QFileDialog(self, "Export the reference", f"{name.removesuffix('Reference').lower()}.hsiref", _SUFFIX)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(lambda path: self.export_file(name, path))
        self._open(dialog)

    def _choose_certificate(self) -> None:
        dialog = QFileDialog(self, "The panel's certificate", "", "Tables (*.csv *.txt *.dat);;All files (*)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.panel.setText)
        self._open(dialog)

    def _open(self, dialog: QFileDialog) -> None:
        self._dialog = dialog
        dialog.setModal(False)  # a scan can be stopped meanwhile
        dialog.show()

    def import_file(self, name: str, path: str, *, any_settings: bool | None = None) -> None:
        """Use a reference from a file; `any_settings` is by default as it is ticked."""
        ignore = self.any_settings.isChecked() if any_settings is None else any_settings

        def failed(error: Exception) -> None:
            if isinstance(error, ReferenceMismatch) and not ignore:
                again = "Import all the same"
                self.notices.fail(error, again, lambda: self.import_file(name, path, any_settings=True))
            else:
                self.notices.fail(error)

        self.link.ask(
            "import_reference",
            lambda _: self.notices.tell(f"The {name} of {path} is in use"),
            failed,
            device=self.context.selection.camera,
            path=path,
            reference=name,
            ignore_mismatch=ignore,
        )

    def export_file(self, name: str, path: str) -> None:
        """Write a reference in use to a file."""
        camera = self.context.selection.camera
        self.link.ask(
            "export_reference",
            lambda written: self.notices.tell(f"The {name} is in {written}"),
            self.notices.fail,
            device=camera,
            reference=name,
            path=path,
        )

    # what is shown

    def _show_cameras(self) -> None:
        self.camera.clear()
        self.camera.addItems(self.mirror.of_type("Instrument"))
        self.camera.setEnabled(self.camera.count() > 0)
        self.camera.setPlaceholderText("Connect a camera first")

    def _boxes(self) -> dict[str, ReferenceBox]:
        return {_DARK: self.dark, _WHITE: self.white}

    def _show(self) -> None:
        camera = self.context.selection.camera
        self.camera.setCurrentText(camera)
        self.oldest.setEnabled(self.link.attached)
        if not self.oldest.hasFocus() or self.oldest.lineEdit().text() == self.oldest.text():
            self.oldest.blockSignals(True)
            self.oldest.setValue((self.mirror.reference_age or 0.0) / 3600.0)
            self.oldest.blockSignals(False)
        usable = self._usable()
        kept = self.mirror.references.get(camera, {})
        for name, box in self._boxes().items():
            box.show_reference(kept.get(name), usable=usable)
        self._draw(kept)

    def _usable(self) -> bool:
        camera = self.context.selection.camera
        device = self.mirror.devices.get(camera)
        free = device is not None and device["connected"] and camera not in self.mirror.in_use
        return free and self.link.attached

    def _draw(self, kept: dict[str, Message]) -> None:
        camera = self.context.selection.camera
        key = (camera, *((name, state["timestamp"]) for name, state in kept.items()))
        if key == self._drawn:
            return
        self._drawn = key
        names = [name for name in _COLOURS if name in kept]
        for name, curve in self.curves.items():
            if name not in names:
                curve.setData([], [])

        def work(api: Any) -> dict[str, tuple[bool, Any, Any]]:
            found = {}
            for name in names:
                message = api.ask("reference_data", device=camera, reference=name)
                mean = reference_array(message).mean(axis=0)
                known = message.get("wavelengths")
                found[name] = (bool(known), np.asarray(known) if known else np.arange(len(mean)), mean)
            return found

        def show(found: dict[str, tuple[bool, Any, Any]]) -> None:
            if key == self._drawn:
                for name, (known, x, y) in found.items():
                    self.curves[name].setData(x, y, connect="finite")
                    self.plot.setLabel("bottom", "Wavelength (nm)" if known else "Band")

        if names:
            self.link.run(work, show, self.notices.fail, lane="references")
