"""Panel: plans are edited, previewed, checked and carried out; past scans."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QTimer
from PyQt5.QtWidgets import (
    QComboBox,
    QFileDialog,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from pymodaq_hsi import scans
from pymodaq_hsi.dashboard.panel import Area, Panel
from pymodaq_hsi.dashboard.panels.result_reader import ResultReader
from pymodaq_hsi.dashboard.panels.scans_editor import PlanEditor
from pymodaq_hsi.dashboard.panels.scans_fields import Problem
from pymodaq_hsi.dashboard.panels.scans_past import PastScans
from pymodaq_hsi.dashboard.panels.scans_preview import PreviewPlot
from pymodaq_hsi.dashboard.panels.scans_run import RunBar
from pymodaq_hsi.dashboard.panels.scans_targets import unit_of
from pymodaq_hsi.dashboard.plan_model import PlanModel
from pymodaq_hsi.dashboard.plan_preview import preview
from pymodaq_hsi.dashboard.scan_folder import first_folder, is_writable
from pymodaq_hsi.errors import HsiError, PlanInvalid

if TYPE_CHECKING:
    from pymodaq_hsi.dashboard.mirror import Message
    from pymodaq_hsi.dashboard.panel import PanelContext

__all__ = ["ScansPanel"]

_SHOWN_AFTER_MS = 40
_CHECK_AFTER_MS = 350
_DEVICES_AFTER_MS = 200
"""Limits that change with each point of a scan are shown a few times a second."""
_LOOKS_AGAIN_AFTER_MS = 1_500
"""After a setting of a device: limits may be others, and durations are."""
_FILTER = "Plans (*.toml *.json);;All files (*)"


class ScansPanel(Panel):
    """Plan, preview, text, past scans; below them the check, the buttons and the progress.

    Attributes
    ----------
    model : PlanModel
        What is edited.
    """

    title = "Scans"
    area = Area.Right
    order = 20

    def __init__(self, context: PanelContext) -> None:
        super().__init__(context)
        self.model = PlanModel()
        self._folder = str(first_folder())
        self.model.put(self._folder, "output", "folder")
        self.editor = PlanEditor(context, self.model)
        self.editor.output.home = self._folder
        self.preview = PreviewPlot(context.theme)
        self.text = QPlainTextEdit()
        self.text.setObjectName("PlanText")
        self.text.setToolTip(
            "The plan as a file would have it; it can be edited here, and is taken as soon as it is a plan"
        )
        self.text_form = QComboBox()
        self.text_form.addItems(["TOML", "JSON"])
        self.text_form.setToolTip("How the plan is written")
        self.text_problem = Problem()
        self.past = PastScans(context)
        self.run_bar = RunBar(self.link, self.mirror, self.notices, self.run)
        self.load = QPushButton("Load ...")
        self.load.setToolTip("Read a plan from a file, TOML or JSON, or from the file of a scan")
        self.save = QPushButton("Save ...")
        self.save.setToolTip("Write the plan to a file, TOML or JSON")
        self.tabs = QTabWidget()
        self.tabs.setObjectName("ScanTabs")
        self.tabs.setDocumentMode(True)
        self._lay_out()
        self._reader = ResultReader(self)
        self._asked = 0
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._show_edit)
        self._changed = QTimer(self)
        self._changed.setSingleShot(True)
        self._changed.timeout.connect(self._show_devices)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.check)
        self.editor.edited.connect(self._take_edit)
        self.text.textChanged.connect(self._take_text)
        self.text_form.currentIndexChanged.connect(lambda _: self._show_text())
        self.run_bar.check.clicked.connect(self.check)
        self.tabs.currentChanged.connect(lambda _: self._show_text())
        self.load.clicked.connect(self._ask_for_file)
        self.save.clicked.connect(self._ask_where)
        self.past.planWanted.connect(self._take_plan_of)
        self.past.resultWanted.connect(self._show_result_of)
        context.theme.changed.connect(self.past.show_scans)
        self._plans_known = False
        self.show_plan()
        QTimer.singleShot(0, self._learn_plans)

    # what the station tells

    def on_snapshot(self, event: Message) -> None:
        """Show everything anew."""
        self._show_devices()
        self.past.show_scans()
        self.run_bar.show_scan()

    def link_lost(self) -> None:
        """Nothing can be run."""
        self.run_bar.show_failure("The station is not there: the window attaches to it again when it is back")

    def on_connected(self, event: Message) -> None:
        """Offer its parameters."""
        self._show_devices()

    on_disconnected = on_lost = on_reconnected = on_device = on_connected

    def on_parameters(self, event: Message) -> None:
        """Limits may be others; durations are."""
        if event.get("specs") or event.get("gone"):
            if not self._changed.isActive():
                self._changed.start(_DEVICES_AFTER_MS)
        elif self.in_sight and not self._later.isActive() and not self.mirror.scanning:
            self._later.start(_LOOKS_AGAIN_AFTER_MS)

    def on_reference(self, event: Message) -> None:
        """Reflectance may be possible now."""
        self._later.start(_CHECK_AFTER_MS)

    def on_scan(self, event: Message) -> None:
        """Show how far it is."""
        if event["what"] == "point":
            return
        self.run_bar.show_scan()
        if event["what"] in ("accepted", "over"):
            self.past.show_scans()
        if event["what"] == "over":
            self._later.start(_CHECK_AFTER_MS)
            scan = event["scan"]
            if scan.get("state") == "failed":
                kept = f"; what was measured is in {scan['path']}" if scan.get("path") and scan.get("done") else ""
                self.notices.fail(
                    f"The scan {scan['name']} has failed: {scan.get('reason') or 'no reason was told'}{kept}"
                )

    # the plan

    def show_plan(self) -> None:
        """Show the model everywhere."""
        self.editor.show_plan()
        self._take_edit()

    def check(self) -> None:
        """Check the plan: its words here, what it asks of the devices in the station."""
        self._later.stop()
        if not self._plans_known:
            return
        problems = self.model.problems()
        if problems:
            self._tell_check({"ok": False, "problems": problems, "warnings": []})
            return
        if not self.link.attached:
            return
        self._asked += 1
        asked = self._asked

        def then(found: Message) -> None:
            if asked == self._asked:
                self._tell_check(found)

        def failed(error: Exception) -> None:
            if asked == self._asked:
                self.run_bar.show_failure(str(error))

        self.link.ask("check_plan", then, failed, plan=self.model.data(), folder=self._folder)

    def run(self) -> None:
        """Carry the plan out."""
        self.link.ask("start_scan", self._started, self._refused, plan=self.model.data(), folder=self._folder, ask=True)

    def load_file(self, path: str) -> None:
        """Edit the plan in a file: TOML, JSON, or the HDF5 file of a scan."""

        def work() -> Message:
            if "h5" in Path(path).suffix:
                from pymodaq_hsi.scans.saving import read_plan  # loads HDF5, which the window does not wait for

                return self._plan_in(path, read_plan(Path(path))[1])
            return scans.load_plan(Path(path)).model_dump(mode="json", exclude_defaults=True)

        self._reader.ask("load", work, self._edit, self.notices.fail)

    def save_file(self, path: str) -> None:
        """Write the plan to a file; the dialog has asked whether one that is there is to be replaced."""
        try:
            plan = self.model.plan()
            scans.dump_plan(plan, path if Path(path).suffix else f"{path}.toml", overwrite=True)
        except HsiError as error:
            self.notices.fail(error)
            return
        self.notices.tell(f"The plan {plan.name} is in {path}")

    def shut(self) -> None:
        """End the thread that reads plans."""
        for timer in (self._soon, self._later, self._changed):
            timer.stop()
        self._reader.close()

    def save_state(self) -> dict[str, Any]:
        """Keep the plan that is edited, and the folder of those that name none."""
        return {"plan": self.model.data(), "tab": self.tabs.currentIndex(), "folder": self._folder}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Edit the same plan."""
        if (folder := state.get("folder")) and is_writable(Path(str(folder))):
            self._remember_folder(str(folder))
        try:
            self.model.load(state.get("plan", {}))
        except PlanInvalid:
            return
        self.tabs.setCurrentIndex(int(state.get("tab", 0)))
        self.show_plan()

    def heightForWidth(self, width: int) -> int:  # noqa: N802  Qt's name
        """Take whatever height there is: what is in the tabs scrolls by itself."""
        return self.minimumSizeHint().height()

    def _lay_out(self) -> None:
        written = QWidget()
        column = QVBoxLayout(written)
        column.setContentsMargins(4, 4, 4, 4)
        for widget in (self.text_form, self.text, self.text_problem):
            column.addWidget(widget)
        self.tabs.addTab(self.editor, "Plan")
        self.tabs.addTab(self.preview, "Preview")
        self.tabs.addTab(written, "Text")
        self.tabs.addTab(self.past, "Past")
        self.tabs.setMinimumHeight(160)  # the buttons below stay in sight, however low the window is
        for button in (self.load, self.save):
            self.editor.head.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(2)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.run_bar)

    def _show_devices(self) -> None:
        self.editor.show_devices()
        self._later.start(_CHECK_AFTER_MS)

    def _remember_folder(self, folder: str) -> None:
        """Have plans that name no folder go where the user has put others."""
        self._folder = self.editor.output.home = folder

    def _take_edit(self) -> None:
        """Show what was edited everywhere but where it was edited, and check it when no more keys come."""
        self._soon.start(_SHOWN_AFTER_MS)
        self.run_bar.show_check(None)
        self._asked += 1  # what is being checked is no longer what is edited
        self._later.start(_CHECK_AFTER_MS)

    def _learn_plans(self) -> None:
        """Load what plans are made of, which takes longer than a window that comes up may wait."""

        def then(_: object) -> None:
            self._plans_known = True
            self._take_edit()

        self._reader.ask("plans", lambda: scans.Plan, then)

    def _show_edit(self) -> None:
        if not self._plans_known:
            return
        self._show_text()
        self._show_preview()

    def _show_preview(self) -> None:
        try:
            plan = self.model.plan()
        except PlanInvalid as error:
            self.preview.show_nothing(error.problems[0])
            return
        units = {target: unit_of(self.mirror, target) for target in plan.targets}
        self.preview.show_preview(preview(plan, units))

    def _show_text(self) -> None:
        if self.text.hasFocus() or not self.text.isVisible():
            return
        self.text.blockSignals(True)
        self.text.setPlainText(self.model.text(self.text_form.currentText().lower()))
        self.text.blockSignals(False)
        self.text_problem.tell([])

    def _take_text(self) -> None:
        try:
            self.model.load_text(self.text.toPlainText())
        except PlanInvalid as error:
            self.text_problem.tell(list(error.problems))
            return
        self.text_problem.tell([])
        self.show_plan()

    def _tell_check(self, found: Message) -> None:
        self.editor.tell(found["problems"])
        noun = "lines" if self.model.kind == "recording" else "points"
        self.run_bar.show_check({"points": None, "seconds": None, "bytes": None} | found, noun)

    def _started(self, _: Any) -> None:
        chosen = Path(self.model.get("output", "folder", default="")).expanduser()
        if chosen.is_absolute():
            self._remember_folder(str(chosen))
        self.context.show_panel("result")

    def _refused(self, error: Exception) -> None:
        if isinstance(error, PlanInvalid):
            self._tell_check({"ok": False, "problems": list(error.problems), "warnings": []})
        self.notices.fail(error)

    def _edit(self, data: Message) -> None:
        self.model.load(data)
        self.text.clearFocus()
        self.show_plan()
        self.tabs.setCurrentIndex(0)

    def _take_plan_of(self, scan: Message) -> None:
        if scan.get("path"):
            work = functools.partial(self._plan_in, scan["path"], scan.get("node") or "/RawData/Scan000")
            self._reader.ask("load", work, self._edit, self.notices.fail)

    def _plan_in(self, path: str, node: str) -> Message:
        """Return the plan in the file of a scan, which may be being written."""
        plan = scans.load_plan(self._reader.glimpse.text(path, f"{node}/Plan") + "\n")
        return plan.model_dump(mode="json", exclude_defaults=True)

    def _show_result_of(self, scan: Message) -> None:
        show = getattr(self.window(), "panels", {}).get("result")
        if show is not None and scan:
            show.show_scan(scan)
            self.context.show_panel("result")

    def _ask_for_file(self) -> None:
        dialog = self._file_dialog("Load a plan", "Plans and scans (*.toml *.json *.h5);;All files (*)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.load_file)
        dialog.show()  # not modal: a scan can be stopped meanwhile

    def _ask_where(self) -> None:
        problems = self.model.problems()
        if problems:
            self.notices.fail(f"The plan is not complete, and cannot be saved: {problems[0]}")
            return
        dialog = self._file_dialog("Save the plan", _FILTER)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("toml")
        dialog.selectFile(f"{self.model.get('name', default='plan')}.toml")
        dialog.fileSelected.connect(self.save_file)
        dialog.show()  # not modal: a scan can be stopped meanwhile

    def _file_dialog(self, title: str, names: str) -> QFileDialog:
        dialog = QFileDialog(self.window(), title, self.model.get("output", "folder", default=""), names)
        dialog.setObjectName("PlanFileDialog")
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.finished.connect(dialog.deleteLater)
        return dialog
