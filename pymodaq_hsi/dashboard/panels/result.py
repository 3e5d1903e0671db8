"""Panel: what a scan has measured so far, and what it has measured when it is over."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from pymodaq_hsi import scans
from pymodaq_hsi.dashboard.panel import Area, Panel
from pymodaq_hsi.dashboard.panels.result_drawing import Drawing
from pymodaq_hsi.dashboard.panels.result_navigator import Navigator
from pymodaq_hsi.dashboard.panels.result_reader import ResultReader
from pymodaq_hsi.dashboard.panels.result_slices import Slices
from pymodaq_hsi.dashboard.panels.result_spectrum import SpectrumPlot
from pymodaq_hsi.dashboard.panels.scans_fields import Choice
from pymodaq_hsi.dashboard.panels.scans_run import cut_off, progress_text
from pymodaq_hsi.dashboard.panels.scans_targets import unit_of
from pymodaq_hsi.dashboard.result_file import Described, ResultFile
from pymodaq_hsi.dashboard.scan_points import Layout, ScanPoints
from pymodaq_hsi.dashboard.words_label import WordsLabel

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message
    from pymodaq_hsi.dashboard.panel import PanelContext
    from pymodaq_hsi.scans import Plan

__all__ = ["ResultPanel"]

_DRAW_MS = 200
_LOOK_MS = 700
"""From one look into the file to the next, while what is there is not known."""
_SHARE = 8
"""Times as long as a drawing takes is the least until the next."""
_AT_ONCE = 500


class ResultPanel(Panel):
    """A curve, a map or the lines of a cube, with the spectrum of the point under the cursor.

    Points come from the events; what they do not have (spectra, lines, points of before this window was opened) is read
    from the file while it is written, by a process that neither locks nor changes it.

    Attributes
    ----------
    points : ScanPoints or None
        What is known of the scan that is shown.
    described : Described
        What its file has.
    live : bool
        Whether that scan goes on.
    """

    title = "Result"
    area = Area.Centre
    order = 20

    def __init__(self, context: PanelContext) -> None:
        super().__init__(context)
        self.points: ScanPoints | None = None
        self.described = Described()
        self.live = False
        self._scan: Message = {}
        self._file: ResultFile | None = None
        self._dirty = False
        self._whole = False
        self.reader = ResultReader(self)
        self.heading = WordsLabel()
        self.heading.setObjectName("ResultHeading")
        self.heading.setTextFormat(Qt.TextFormat.PlainText)
        self.files = QPushButton("Show in files")
        self.files.setToolTip("Open the file of this scan in the browser of files")
        self.running = QPushButton("Running scan")
        self.running.setObjectName("ResultRunning")
        self.running.setToolTip("Show the scan that is being measured now")
        self.running.hide()
        self.signal = Choice("Which of the things that are measured is drawn")
        self.signal.setObjectName("ResultSignal")
        self.what = Choice("Mean of all samples, one band (drag the line in the spectrum), or three bands as colours")
        self.what.setObjectName("ResultWhat")
        self.linked = Choice(
            "What is shown of the point under the cursor", {"spectrum": "spectrum", "frame": "whole frame"}
        )
        self.linked.setObjectName("ResultLinked")
        self.slices = Slices()
        self.navigator = Navigator(context.theme)
        self.spectrum = SpectrumPlot(context.theme)
        self.where = QLabel()
        self.where.setObjectName("ResultWhere")
        self.where.setProperty("quiet", True)
        self.where.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.empty = WordsLabel("Run a scan to see what it measures; past ones are shown from the list in Scans")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setProperty("quiet", True)
        self._lay_out()
        self.drawing = Drawing(self)
        self._unseen = False
        self._clock = QTimer(self)
        self._clock.setInterval(_DRAW_MS)
        self._clock.timeout.connect(self._draw)
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._look.timeout.connect(self.look)
        self.files.clicked.connect(self._show_file)
        self.running.clicked.connect(lambda: self.show_scan(self.mirror.scan or {}))
        self.signal.chosen.connect(lambda _: self.drawing.choose())
        self.what.chosen.connect(lambda _: self.drawing.choose())
        self.linked.chosen.connect(lambda _: self.drawing.show_point())
        self.slices.changed.connect(lambda: self.drawing.choose())
        self._clock.start()

    # what the station tells

    def on_snapshot(self, event: Message) -> None:
        """Show the scan that runs, or the last one; what was not told is asked for."""
        scan = self.mirror.scan
        if self.live and (scan is None or scan["number"] != self._scan.get("number")):
            self.live = False  # a station was started since: what there is of the scan is in its file
            self._scan = self._scan | {"state": "interrupted", "progress": {}}
            self._dirty = True
        if scan is None or (self.points is not None and not self.live and not self.mirror.scanning):
            self._say()
            return
        if self.points is None or scan["number"] != self._scan.get("number"):
            self._begin(scan, scan["description"], live=self.mirror.scanning)
        else:
            self._scan, self.live = scan, self.mirror.scanning
        self.link.ask("scan_points", self._take_points)
        self._find_file()

    def on_scan(self, event: Message) -> None:
        """Take in what has happened to the scan."""
        what = event["what"]
        scan = self.mirror.scan
        if scan is None:
            return
        if what == "accepted":
            self._begin(scan, scan["description"], live=True)
            return
        self.running.setVisible(self.mirror.scanning and not self.live)
        if not self.live or scan["number"] != self._scan.get("number"):
            return
        self._scan = scan
        if what == "point" and self.points is not None:
            self._dirty = self.points.take([event["point"]]) or self._dirty
        elif what == "started":
            self._find_file()
        elif what == "over":
            self.live = False
            self._dirty = True
            self._whole = False
            self._find_file()
            self._look.start(0)
        self._say()

    def link_lost(self) -> None:
        """Say of a scan that it was going on."""
        self._say()

    def show_scan(self, scan: Message) -> None:
        """Show a scan that is in a file.

        Parameters
        ----------
        scan : dict
            With ``path`` and ``node``, as the station lists past scans.
        """
        if not scan:
            return
        if self.mirror.scanning and self.mirror.scan is not None and scan.get("number") == self.mirror.scan["number"]:
            self._begin(self.mirror.scan, self.mirror.scan["description"], live=True)
            self.link.ask("scan_points", self._take_points)
            self._find_file()
            return
        path, node = scan["path"], scan.get("node") or "/RawData/Scan000"
        shown = self.points

        def then(plan: Plan) -> None:
            if self.points is shown:  # else a scan has begun meanwhile
                self._begin(dict(scan) | {"node": node}, plan, live=False)

        def failed(error: Exception) -> None:
            self.notices.fail(f"{scan.get('name', 'the scan')} cannot be shown: {error}")

        self.reader.ask(
            "plan",
            lambda: scans.load_plan(self.reader.glimpse.text(path, f"{node}/Plan") + "\n"),
            then,
            failed,
        )

    def look(self) -> None:
        """Look into the file: what is there, and which points are not known yet."""
        file, points = self._file, self.points
        if file is None or points is None:
            return

        def work() -> tuple[Described, list[Message], int]:
            described = file.describe()
            if points.layout is Layout.LINES:
                return described, [], 0
            places = points.unknown(described.measured, _AT_ONCE)
            return described, file.points(described, places, points.layout) if places else [], len(places)

        def then(found: tuple[Described, list[Message], int]) -> None:
            if file is not self._file:
                return
            self.described, told, wanted = found
            self._dirty = points.take(told, live=False) or self._dirty
            self._whole = not self.live and not wanted
            if self.in_sight:
                self.drawing.choose()
            else:
                self._unseen = True
            if wanted > 0:
                self._look.start(0)

        def failed(error: Exception) -> None:
            if file is self._file and not self.live:
                self.where.setText(str(error))
                self._whole = True

        self.reader.ask("look", work, then, failed)

    def come_in_sight(self) -> None:
        """Draw what has become known meanwhile."""
        if self._unseen and self.in_sight:
            self._unseen = False
            self.drawing.choose()

    def save_state(self) -> dict[str, Any]:
        """Keep what is shown of a scan."""
        return {"linked": self.linked.currentData()}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Show the same of a scan."""
        if state.get("linked") in ("spectrum", "frame"):
            self.linked.show_value(state["linked"])

    def shut(self) -> None:
        """End the thread and the process that read."""
        self._clock.stop()
        self._look.stop()
        self.reader.close()

    def heightForWidth(self, width: int) -> int:  # noqa: N802  Qt's name
        """Take whatever height there is."""
        return self.minimumSizeHint().height()

    @property
    def file(self) -> ResultFile | None:
        """The file of the scan that is shown, once there is one."""
        return self._file

    @property
    def done(self) -> int:
        """How many points, or lines, are in the file."""
        return int(self._scan.get("done") or 0)

    @property
    def total(self) -> int | None:
        """How many there will be, if that is known."""
        found: int | None = self._scan.get("total")
        return found

    def _begin(self, scan: Message, plan: Plan | Message, *, live: bool) -> None:
        self.reader.forget()
        self.points = ScanPoints(plan, lambda target: unit_of(self.mirror, target))
        self.described = Described()
        self._scan, self.live = scan, live
        self._file = None
        self._whole = False
        self._stack.setCurrentIndex(1)
        self.drawing.begin()
        self._say()
        self._find_file()
        if not live:
            self._look.start(0)

    def _find_file(self) -> None:
        if self.points is not None and self._file is None and self._scan.get("path"):
            node = self._scan.get("node") or "/RawData/Scan000"
            self._file = ResultFile(self.reader.glimpse, self._scan["path"], node, self.points.frames)

    def _take_points(self, points: list[Message]) -> None:
        if self.points is not None and self._scan.get("number") == (self.mirror.scan or {}).get("number"):
            self._dirty = self.points.take(points) or self._dirty

    def _draw(self) -> None:
        """Draw what is new; look into the file for what is not known."""
        if self.points is None:
            return
        if self.live and self.done and not self._look.isActive() and not self.reader.waits("look"):
            lines = self.points.layout is Layout.LINES
            known = bool(self.described.frames or self.described.readings)
            gap = not lines and self.points.count < self.done
            if not known or gap:
                self._look.start(_LOOK_MS if known else 0)
        if not self.in_sight:
            return
        if self._dirty or self.points.layout is Layout.LINES:
            self._dirty = False
            began = time.perf_counter()
            self.drawing.draw()
            # what takes long to draw is drawn less often: the window has more to do
            self._clock.setInterval(max(_DRAW_MS, int(_SHARE * 1000 * (time.perf_counter() - began))))

    def _say(self) -> None:
        scan = self._scan
        self.running.setVisible(self.mirror.scanning and not self.live)
        known = {"state": "", "name": "scan"} | scan
        self.heading.setText(progress_text(known if self.link.attached or not self.live else cut_off(known)))
        self.heading.setToolTip(f"{scan.get('path', '')} {scan.get('node', '')}".strip())
        self.files.setEnabled(bool(scan.get("path")))

    def _show_file(self) -> None:
        if self._scan.get("path"):
            self.context.selection.open_file(self._scan["path"])
            self.context.show_panel("files")

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.heading, 1)
        head.addWidget(self.running)
        head.addWidget(self.files)
        row = QHBoxLayout()
        for text, choice in (("Signal", self.signal), ("Show", self.what), ("Point", self.linked)):
            row.addWidget(QLabel(text))
            row.addWidget(choice, 1)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(self.navigator)
        splitter.addWidget(self.spectrum)
        splitter.setSizes([300, 180])
        splitter.setChildrenCollapsible(False)
        self.splitter = splitter
        shown = QWidget()
        column = QVBoxLayout(shown)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(4)
        column.addLayout(head)
        column.addLayout(row)
        column.addWidget(self.slices)
        column.addWidget(splitter, 1)
        column.addWidget(self.where)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(shown)
