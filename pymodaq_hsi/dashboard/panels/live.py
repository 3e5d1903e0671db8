"""Live: the frame, its spectra, a waterfall, the focus; of whatever acquires from the camera."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np
from PyQt5.QtCore import Qt
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

from pymodaq_hsi.dashboard.frame_views import FrameView, ReferencePictures, reference_array
from pymodaq_hsi.dashboard.panel import Area, Panel
from pymodaq_hsi.dashboard.panels.live_focus import FocusPlot
from pymodaq_hsi.dashboard.panels.live_frame import FramePlot
from pymodaq_hsi.dashboard.panels.live_spectrum import SpectrumPlot
from pymodaq_hsi.dashboard.panels.live_waterfall import WaterfallPlot
from pymodaq_hsi.dashboard.picture_stream import PictureStream

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message
    from pymodaq_hsi.dashboard.panel import PanelContext

__all__ = ["LivePanel"]

_RATE = 20.0
_LONGEST = 640
_VIEWS = ("Counts", "Counts less dark", "Reflectance")
_REFERENCES = {"DarkReference": "dark", "WhiteReference": "white"}


class LivePanel(Panel):
    """What the selected camera delivers, to whomever."""

    title = "Live"
    area = Area.Centre
    order = 10

    def __init__(self, context: PanelContext) -> None:
        super().__init__(context)
        self._references = ReferencePictures(None, None)
        self._asked: tuple[Any, ...] = ()
        self._times: deque[tuple[int, float]] = deque(maxlen=40)
        self._shown: deque[float] = deque(maxlen=40)
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
            "What is shown: counts, counts less the dark reference, or reflectance by both references"
        )
        self.marks = QCheckBox("Marks")
        self.marks.setChecked(True)
        self.marks.setToolTip("Saturated samples in red")
        row = QHBoxLayout()
        for widget in (self.camera, self.run, self.expose, self.values, self.marks):
            row.addWidget(widget)
        row.addStretch(1)
        self.words = QLabel()
        self.words.setObjectName("LiveWords")
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # it makes nothing wider
        self.warning = QLabel()
        self.warning.setObjectName("LiveWarning")
        self.warning.setAlignment(Qt.AlignmentFlag.AlignRight)
        line = QHBoxLayout()
        line.addWidget(self.words, 1)
        line.addWidget(self.warning)
        self.frame = FramePlot(context.theme)
        self.spectrum = SpectrumPlot(context.theme)
        self.waterfall = WaterfallPlot(context.theme)
        self.focus = FocusPlot(context.theme)
        left, right = QSplitter(Qt.Orientation.Vertical), QSplitter(Qt.Orientation.Vertical)
        left.addWidget(self.frame)
        left.addWidget(self.spectrum)
        right.addWidget(self.waterfall)
        right.addWidget(self.focus)
        left.setSizes([300, 260])
        right.setSizes([400, 150])
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.addWidget(left)
        self.split.addWidget(right)
        self.split.setSizes([560, 440])
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.addLayout(row)
        column.addWidget(self.split, 1)
        column.addLayout(line)
        self.stream = PictureStream(self.link, self)
        self.stream.ready.connect(self._take)
        self.stream.failed.connect(self._no_pictures)
        self.camera.activated.connect(lambda _: context.selection.select_camera(self.camera.currentText()))
        context.selection.cameraChanged.connect(self._watch)
        self.run.clicked.connect(self._switch)
        self.expose.clicked.connect(self._find_exposure)
        self.values.currentIndexChanged.connect(lambda _: self._show_again())
        self.marks.toggled.connect(lambda _: self._show_again())
        self.frame.row_moved.connect(self._show_again)
        self.spectrum.regions_changed.connect(self._regions_changed)
        self.frame.regions_moved.connect(self._show_again)
        self.spectrum.bands_changed.connect(self._take_bands)
        self.waterfall.bands_wanted.connect(self._take_bands)
        QShortcut(QKeySequence("Space"), self, self.run.click, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._show_state()

    # events

    def on_snapshot(self, event: Message) -> None:
        """Show everything anew."""
        self._watch(self.context.selection.camera)

    def on_connected(self, event: Message) -> None:
        """Offer a new camera."""
        self._show_state()

    on_disconnected = on_lost = on_live = on_in_use = on_connected

    def on_reconnected(self, event: Message) -> None:
        """Look at a camera that is there again."""
        if event["device"] == self.context.selection.camera:
            self._watch(event["device"])

    def on_reference(self, event: Message) -> None:
        """Show other references."""
        if event["device"] == self.context.selection.camera:
            self._asked = ()
            self._ask_references()

    def link_lost(self) -> None:
        """Say that what is shown is old."""
        self.words.setText("The station is not there; this is the last picture")

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
                self.notices.tell(f"{text}, brightest samples at {100 * found['reached']:.0f} % of the range")

        self.link.begin("auto_exposure", done, self._fail, device=camera)

    # what is shown

    def _watch(self, camera: str) -> None:
        self._times.clear()
        self._asked = ()
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
        connected = device is not None and device["connected"]
        running = selected in self.mirror.live
        self.run.setEnabled(connected)
        self.run.setChecked(running)
        self.run.setText("Stop live" if running else "Start live")
        self.expose.setEnabled(connected and selected not in self.mirror.in_use)
        if not selected:
            self.words.setText("Connect a camera to see its picture")
        elif self.view is None:
            self.words.setText(f"{selected}: start live to see its picture, or run a scan")

    def _no_pictures(self, words: str) -> None:
        if self.context.selection.camera:
            self.words.setText(f"No pictures: {words}")

    def _take(self) -> None:
        picture = self.stream.take()
        if picture is None or not picture.data.size:
            return
        view = FrameView.of(picture)
        first = self.view is None or self.view.frame.shape != view.frame.shape
        self.view = view
        self.pictures += 1
        self._shown.append(time.monotonic())
        header = picture.header
        self._times.append((header["number"], header["timestamp_ns"] / 1e9))
        self._ask_references()
        if first:
            self.frame.show_axes(view)
            self.spectrum.show_axes(view)
            self._take_bands()
        self._show_frame(view)
        if picture.lines.size:
            self.waterfall.add(picture.lines, view, self._references)
        self.focus.add(view.frame)
        self._tell(view)

    def _show_again(self) -> None:
        if self.view is not None:
            self._show_frame(self.view)

    def _show_frame(self, view: FrameView) -> None:
        shown, unit = self._values_of(view)
        self.frame.show_frame(shown, view, marks=self.marks.isChecked(), unit=unit)
        dark, white = (self._curve_reference(each, view) for each in (self._references.dark, self._references.white))
        self.spectrum.show_curves(
            view.bands,
            shown[self.frame.row(view)],
            [(colour, np.nanmean(shown[view.rows(*span)], axis=0)) for colour, span in self.frame.regions()],
            {"dark": dark, "white": white} if self.values.currentIndex() == 0 else {},
            unit,
        )

    def _values_of(self, view: FrameView) -> tuple[Any, str]:
        kind = self.values.currentIndex()
        counts = view.header.get("unit") or "counts"
        if kind == 2 and (found := self._references.reflectance(view)) is not None:
            return found, "reflectance"
        if kind == 1 and self._references.dark is not None and self._references.fits(view):
            return view.frame - self._references.dark, counts
        return view.frame, counts

    def _curve_reference(self, reference: Any, view: FrameView) -> Any:
        if reference is None or not self._references.fits(view):
            return None
        return reference[self.frame.row(view)]

    def _tell(self, view: FrameView) -> None:
        header = view.header
        count, share, problem = view.marks()
        parts = [f"{self._rate():.4g} frames/s", f"{header['dropped']} dropped"]
        parts += [
            f"buffers {header['waiting']} of {header['buffers']} waiting",
            f"{self._picture_rate():.0f} pictures/s",
        ]
        parts += [f"brightest {100 * share:.0f} %"]
        name = f"{header['reference']}, " if header.get("reference") else ""
        self.words.setText(name + ", ".join(parts))
        self.words.setToolTip("Frames of the camera, those it had to drop, buffers that wait, pictures shown here")
        missing = self.values.currentIndex() and self._values_of(view)[0] is view.frame
        lacking = "take references to see this: counts are shown" if missing else ""
        state, text = ("error", f"{count} samples {problem}") if count else ("warning", problem or lacking)
        if (self.warning.text(), self.warning.property("state")) != (text, state):
            self.warning.setText(text)
            self.warning.setProperty("state", state)
            self.warning.style().unpolish(self.warning)
            self.warning.style().polish(self.warning)

    def _rate(self) -> float:
        if len(self._times) < 2:
            return 0.0
        (first, start), (last, end) = self._times[0], self._times[-1]
        return (last - first) / (end - start) if end > start else 0.0

    def _picture_rate(self) -> float:
        if len(self._shown) < 2:
            return 0.0
        return (len(self._shown) - 1) / max(1e-6, self._shown[-1] - self._shown[0])

    def _take_bands(self) -> None:
        """Ask for the bands of the waterfall that are chosen now."""
        if self.view is not None:
            self.waterfall.choose(self.view, self.spectrum.chosen())
            self.spectrum.show_chosen(self.waterfall.mode)
            self.stream.change_bands(self.waterfall.bands)

    def _regions_changed(self, change: int) -> None:
        if self.view is not None:
            self.frame.change_regions(change, self.view)
            self._show_again()

    def _ask_references(self) -> None:
        """Fetch the references that are in use, once for each, thinned out as the pictures are."""
        view, camera = self.view, self.context.selection.camera
        if view is None or not camera:
            return
        kept = self.mirror.references.get(camera, {})
        key = (camera, view.steps, view.frame.shape, *((name, state["timestamp"]) for name, state in kept.items()))
        if key == self._asked:
            return
        self._asked = key
        names = [name for name in _REFERENCES if name in kept]

        def work(api: Any) -> ReferencePictures:
            found: dict[str, Any] = {}
            panel: Any = 1.0
            for name in names:
                message = api.ask("reference_data", device=camera, reference=name, step=list(view.steps))
                found[_REFERENCES[name]] = reference_array(message)
                if message["panel"] is not None and name == "WhiteReference":
                    panel = np.asarray(message["panel"])
            return ReferencePictures(found.get("dark"), found.get("white"), panel)

        def take(found: ReferencePictures) -> None:
            if key == self._asked:
                self._references = found
                self._show_again()

        self.link.run(work, take, self.notices.fail, lane="references")
