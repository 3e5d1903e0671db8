"""Live: the frame, its spectra, a waterfall, the focus; of whatever acquires from the camera."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QShortcut,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
)

from pymodaq_hsi.dashboard.frame_views import FrameView, mean_spectrum
from pymodaq_hsi.dashboard.panel import Area, Panel
from pymodaq_hsi.dashboard.panels.live_focus import FocusPlot
from pymodaq_hsi.dashboard.panels.live_frame import FramePlot
from pymodaq_hsi.dashboard.panels.live_references import LiveReferences, changed_settings, doubted_references
from pymodaq_hsi.dashboard.panels.live_spectrum import SpectrumPlot
from pymodaq_hsi.dashboard.panels.live_waterfall import WaterfallPlot
from pymodaq_hsi.dashboard.panels.live_words import Rates, no_picture, picture_words
from pymodaq_hsi.dashboard.picture_stream import PictureStream
from pymodaq_hsi.dashboard.theme import set_state
from pymodaq_hsi.dashboard.turns import Turns

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message
    from pymodaq_hsi.dashboard.panel import PanelContext
    from pymodaq_hsi.station.feeds import Picture

__all__ = ["LivePanel"]

_RATE = 20.0
_LONGEST = 640
_VIEWS = {
    "Counts": (),
    "Counts less dark": ("dark",),
    "Reflectance": ("dark", "white"),
    "Dark reference": ("dark",),
    "White reference": ("white",),
}
"""What can be shown, and the references it takes."""


class LivePanel(Panel):
    """What the selected camera delivers, to whomever."""

    title = "Live"
    area = Area.Centre
    order = 10

    def __init__(self, context: PanelContext) -> None:
        super().__init__(context)
        self._references = LiveReferences(self.link, self._show_again, self.notices.fail)
        self._rates = Rates()
        self._turns = Turns(self)
        self._watched = ""
        self.view: FrameView | None = None
        self.pictures = 0
        self.camera = QComboBox()
        self.camera.setToolTip("Which camera is shown")
        self.run = QPushButton("Start live")
        self.run.setObjectName("LiveSwitch")
        self.run.setCheckable(True)
        self.run.setToolTip("Let the camera run to be looked at (space); a scan or reference interrupts it")
        self.expose = QPushButton("Auto exposure")
        self.expose.setToolTip(
            "Set the exposure so that the brightest samples come to 80 % of the range; Undo undoes it"
        )
        self.values = QComboBox()
        self.values.addItems(_VIEWS)
        self.values.setToolTip(
            "What is shown: counts, counts less the dark reference, reflectance by both references, or a reference"
        )
        self.marks = QCheckBox("Marks")
        self.marks.setChecked(True)
        self.marks.setToolTip("Saturated samples in red, those with next to no light (2 % of the range) in blue")
        row = QHBoxLayout()
        for widget in (self.camera, self.run, self.expose, self.values, self.marks):
            row.addWidget(widget)
        row.addStretch(1)
        self.words = QLabel()
        self.words.setObjectName("LiveWords")
        self.words.setToolTip(
            "Frames of the camera, those that were lost, buffers that wait to be read, pictures shown here, and how "
            "much of the range the brightest samples use"
        )
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # it makes nothing wider
        self.warning = QLabel()
        self.warning.setObjectName("LiveWarning")
        self.warning.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.frame = FramePlot(context.theme)
        self.spectrum = SpectrumPlot(context.theme)
        self.waterfall = WaterfallPlot(context.theme)
        self.focus = FocusPlot(context.theme)
        left, right = QSplitter(Qt.Orientation.Vertical), QSplitter(Qt.Orientation.Vertical)
        self.split = QSplitter(Qt.Orientation.Horizontal)
        for splitter, widgets, sizes in (
            (left, (self.frame, self.spectrum), (300, 260)),
            (right, (self.waterfall, self.focus), (400, 150)),
            (self.split, (left, right), (590, 410)),
        ):
            for widget in widgets:
                splitter.addWidget(widget)
            splitter.setSizes(sizes)
            splitter.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.addLayout(row)
        column.addWidget(self.split, 1)
        column.addWidget(self.words)
        column.addWidget(self.warning)
        self.stream = PictureStream(self.link, self)
        self.stream.ready.connect(self._take)
        self.stream.failed.connect(self._no_pictures)
        self.camera.activated.connect(lambda _: context.selection.select_camera(self.camera.currentText()))
        context.selection.cameraChanged.connect(self._watch)
        self.run.clicked.connect(self._switch)
        self.expose.clicked.connect(self._find_exposure)
        self.values.currentIndexChanged.connect(lambda _: self._show_again())
        self.marks.toggled.connect(lambda _: self._show_again())
        self.frame.row_moved.connect(self._row_moved)
        self.frame.regions_moved.connect(self._show_spectra)
        self.frame.cursor_moved.connect(self._show_spectra)
        self.spectrum.regions_changed.connect(self._regions_changed)
        self.spectrum.pixel_wanted.connect(self.frame.line.setValue)
        self.spectrum.bands_changed.connect(self._take_bands)
        self.waterfall.bands_wanted.connect(self._take_bands)
        for key, act in (("Space", self.run.click), ("A", self.frame.auto_levels)):
            QShortcut(QKeySequence(key), self, act, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._heart = QTimer(self)
        self._heart.setInterval(1000)
        self._heart.timeout.connect(self._tell_absence)
        self._heart.start()
        self._show_state()

    # events

    def on_snapshot(self, event: Message) -> None:
        """Show everything anew."""
        self._watch(self.context.selection.camera)

    def on_connected(self, event: Message) -> None:
        """Offer a new camera, say what became of one."""
        self._show_state()

    on_disconnected = on_lost = on_in_use = on_connected

    def on_live(self, event: Message) -> None:
        """Say it when a camera has failed; that one was lost is told by the window."""
        error = event.get("error")
        there = self.mirror.devices.get(event["device"], {}).get("connected")
        if error is not None and there and error.get("class") != "DeviceLost":
            self.notices.fail(f"The live view of {event['device']} has ended: {error['message']}")
        self._show_state()

    def on_parameters(self, event: Message) -> None:
        """Say it when references are of other settings now."""
        if event["device"] == self.context.selection.camera:
            self._warn()

    def on_reconnected(self, event: Message) -> None:
        """Look at a camera that is there again."""
        if event["device"] == self.context.selection.camera:
            self._watch(event["device"])

    def on_reference(self, event: Message) -> None:
        """Show other references."""
        if event["device"] == self.context.selection.camera and self.view is not None:
            self._references.ask(event["device"], self.view)
            self._show_again()

    def link_lost(self) -> None:
        """Say that what is shown is old."""
        self._show_state()
        self.words.setText("The station is not there; this is the last picture")

    def come_in_sight(self) -> None:
        """Show the last picture, whenever it came."""
        self._show_again()

    def save_state(self) -> dict[str, Any]:
        """Keep how things are shown."""
        return {"waterfall": self.waterfall.save_state(), "marks": self.marks.isChecked()}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Show things as before."""
        self.marks.setChecked(bool(state.get("marks", True)))
        self.waterfall.restore_state(state.get("waterfall", {}))

    def shut(self) -> None:
        """End the thread."""
        self.stream.close()

    # what the user does

    def _switch(self) -> None:
        camera = self.context.selection.camera
        if camera:
            running = camera in self.mirror.live
            self.link.ask("stop_live" if running else "start_live", None, self._fail, device=camera)
        self._show_state()

    def _fail(self, error: Exception) -> None:
        self.notices.fail(error)
        self._show_state()

    def _find_exposure(self) -> None:
        camera = self.context.selection.camera
        self.expose.setEnabled(False)

        def done(found: Message) -> None:
            self._show_state()
            text = f"{camera}: exposure {found['exposure']:.4g} {found['unit']} (was {found['before']:.4g})"
            if found["problem"]:
                self.notices.warn(f"{text}; {found['problem']}")
            else:
                self.notices.tell(f"{text}, brightest samples at {100 * found['level']:.0f} % of the range")

        def going(job: Message) -> None:
            if (step := job.get("progress") or job).get("exposure") is not None:
                self.words.setText(f"{camera}: exposure {step['exposure']:.4g} gives {100 * step['level']:.0f} %")

        self.link.begin("auto_exposure", done, self._fail, going, device=camera)

    # what is shown

    def _watch(self, camera: str) -> None:
        if camera != self._watched:
            self._watched = camera
            self._turns.clear()
            self._references.forget()
            for part in (self.frame, self.spectrum, self.waterfall, self.focus):
                part.clear()
        self._rates.clear()
        self.view = None
        self.stream.watch(camera, rate=_RATE, longest=_LONGEST, bands=self.waterfall.bands)
        self._show_state()

    def _show_state(self) -> None:
        selected = self.context.selection.camera
        cameras = self.mirror.of_type("Instrument")
        if [self.camera.itemText(i) for i in range(self.camera.count())] != cameras:
            self.camera.clear()
            self.camera.addItems(cameras)
        self.camera.setCurrentText(selected)
        self.camera.setVisible(len(cameras) > 1)
        device = self.mirror.devices.get(selected)
        connected = device is not None and device["connected"] and self.link.attached
        running = selected in self.mirror.live
        self.run.setEnabled(connected)
        self.run.setChecked(running)
        self.run.setText("Stop live" if running else "Start live")
        self.expose.setEnabled(connected and selected not in self.mirror.in_use)
        self._tell_absence()

    def _tell_absence(self) -> None:
        """Say why there are no pictures, when there are none."""
        words = no_picture(self.mirror, self.context.selection.camera, self._rates, shown=self.view is not None)
        if words and self.link.attached:
            self.words.setText(words)

    def _no_pictures(self, words: str) -> None:
        if self.context.selection.camera and self.link.attached and not self.words.text():
            self.words.setText(f"No pictures: {words}")

    def _take(self) -> None:
        began = time.monotonic()
        picture = self.stream.take()
        if picture is None or not picture.data.size:
            return
        view = FrameView.of(picture)
        before, self.view = self.view, view
        self.pictures += 1
        self._rates.add(picture.header)
        self._references.ask(self.context.selection.camera, view)
        if before is None or not view.laid_out_as(before):
            self._lay_out(view)
        self._turns.take(
            self._show_frame,
            self._show_spectra,
            lambda: self._add_lines(picture, view),
            lambda: self._tell(view),
            lambda: self.stream.spent(time.monotonic() - began),  # when it is drawn as well
        )

    def _add_lines(self, picture: Picture, view: FrameView) -> None:
        if picture.lines.size:
            self.waterfall.add(picture.lines, view, self._references.pictures, self._waterfall_levels(view))
        if not picture.header.get("reference"):
            self.focus.add(view)

    def _lay_out(self, view: FrameView) -> None:
        """Follow another size or other wavelengths, and what there is to see of such frames."""
        self.frame.show_axes(view)
        self.spectrum.show_axes(view)
        self.frame.show_picture(shown=not view.single)
        self.focus.setVisible(not view.single)
        self._row_moved()
        self._take_bands()

    def _show_again(self) -> None:
        self._show_frame()
        self._show_spectra()

    def _show_frame(self) -> None:
        if self.view is None or not self.in_sight:
            return
        shown, unit = self._values_of(self.view)
        kind = self.values.currentText() if unit == "reflectance" or shown is not self.view.frame else "Counts"
        reach = self.view.saturation or (str(self.view.frame.dtype), self.view.frame.shape)
        quantity = (self._watched, kind, reach, unit)
        raw = kind in ("Counts", "Counts less dark", "Reflectance")
        dark = self._references.pictures.dark_of(self.view)
        self.frame.show_frame(shown, self.view, quantity, marks=self.marks.isChecked() and raw, dark=dark)
        self._warn()

    def _show_spectra(self) -> None:
        view = self.view
        if view is None or not self.in_sight:
            return
        shown, unit = self._values_of(view)
        row, cursor, kept = self.frame.row(view), self.frame.under, self._references.pictures
        down = view.down.split()[0].lower()
        under = None
        if cursor is not None and cursor[0] < len(view.pixels):
            under = (f"{down} {view.pixels[cursor[0]]}, under the mouse", shown[cursor[0]])
        regions = []
        for colour, span in self.frame.regions():
            rows = view.rows(*span)
            name = f"{down}s {view.pixels[rows][0]} to {view.pixels[rows][-1]}"
            regions.append((colour, name, mean_spectrum(shown[rows])))
        curves = {"dark": kept.dark_of(view), "white": kept.white_of(view)} if shown is view.frame else {}
        references = {name: None if mean is None else mean[row] for name, mean in curves.items()}
        self.spectrum.show_curves(view.bands, shown[row], under, regions, references, unit)

    def _values_of(self, view: FrameView) -> tuple[Any, str]:
        return self._references.pictures.values(self.values.currentText(), view)

    def _waterfall_levels(self, view: FrameView) -> tuple[float, float]:
        """Return black and white: those of the frame, while it shows counts."""
        shown, _ = self._values_of(view)
        return self.frame.levels() if shown is view.frame else (0.0, view.ceiling)

    def _tell(self, view: FrameView) -> None:
        absent = no_picture(self.mirror, self._watched, self._rates, shown=True)
        _, share, _ = view.marks
        self.words.setText(absent or picture_words(view, self._rates, share))
        set_state(self.words, "warning" if view.header["dropped"] and not absent else "")

    def _warn(self) -> None:
        """Say what is wrong with the picture, or with the references it is shown by."""
        view = self.view
        if view is None:
            self.warning.setText("")
            return
        count, _, problem = view.marks
        wanted = _VIEWS[self.values.currentText()]
        lacking = self._references.pictures.lacking(view, wanted)
        changed = changed_settings(self.mirror, self._watched, wanted)
        doubted = doubted_references(self.mirror, self._watched, wanted)
        parts = [
            f"{count} samples {problem}" if count else problem,
            lacking,
            f"{', '.join(changed)} changed since the reference was taken" if changed else "",
            f"{' and '.join(doubted)} reference with warnings: see References" if doubted and not lacking else "",
        ]
        text = "; ".join(part for part in parts if part)
        if text != self.warning.text():
            self.warning.setText(text)
            self.warning.setToolTip(text)
        set_state(self.warning, "error" if count else "warning")

    def _row_moved(self) -> None:
        if self.view is not None:
            self.spectrum.show_pixel(int(self.view.pixels[self.frame.row(self.view)]))
            self._show_spectra()

    def _take_bands(self) -> None:
        """Ask for the bands of the waterfall that are chosen now."""
        if self.view is not None:
            self.waterfall.choose(self.view, self.spectrum.chosen())
            self.spectrum.show_chosen(self.waterfall.mode if self.waterfall.coloured else "")
            self.stream.change_bands(self.waterfall.bands)

    def _regions_changed(self, change: int) -> None:
        if self.view is not None:
            self.frame.change_regions(change, self.view)
            self._show_spectra()
