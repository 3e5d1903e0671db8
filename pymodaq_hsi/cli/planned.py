"""What `scan`, `log`, `repeat` and `resume` share: a plan, its devices and references, a check, and the run."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import click

from pymodaq_hsi.cli.output import Report, ask_for, check_output, parse_assignments
from pymodaq_hsi.cli.session import Session, connect_lights
from pymodaq_hsi.cli.watching import EventQueue, carry_out, size_text
from pymodaq_hsi.cli.would_set import DRY_RUN_ENDS, would_set
from pymodaq_hsi.devices import InstrumentDevice, enumerate_devices
from pymodaq_hsi.drivers import DriverType, ReferenceName
from pymodaq_hsi.errors import PlanInvalid, ReferenceMissing, UnknownParameter
from pymodaq_hsi.processing import InstrumentParameters, Reference, ReferenceImportFlag, import_reference
from pymodaq_hsi.processing.quality import as_duration
from pymodaq_hsi.recording import check_writable
from pymodaq_hsi.scans.checking import check_plan
from pymodaq_hsi.scans.connecting import choices_of, completed, connect_choices
from pymodaq_hsi.scans.engine import ScanEngine
from pymodaq_hsi.scans.prompts import answered, open_prompts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pymodaq_hsi.cli.wanted import Wanted
    from pymodaq_hsi.devices import Device
    from pymodaq_hsi.scans.checking import PlanCheck
    from pymodaq_hsi.scans.engine import ScanResult
    from pymodaq_hsi.scans.parts import DeviceChoice
    from pymodaq_hsi.scans.planfiles import AnyPlan
    from pymodaq_hsi.scans.stored import StoredScan

__all__ = ["Planned"]


@dataclass
class Planned:
    """A plan that is to be carried out, and with what.

    Attributes
    ----------
    plan : Plan
    report : Report
    output : Path, optional
        The file, instead of what the plan says.
    overwrite : bool
        Replace `output` if it is there.
    resume : str
        Node of the scan in `output` to go on with.
    stored : StoredScan, optional
        The scan in a file that is repeated: devices are brought into the state that it says.
    metadata : tuple of str
        ``NAME=VALUE`` words, for the file.
    white, dark : tuple of Wanted
    ignore_mismatch : bool
        Take references although they were taken under other settings.
    pause : bool
        Ask before each reference and before the scan.
    dry_run : bool
        Check only.
    lights : bool
        Connect all lights that there are; they are connected also for references that are taken.
    prepare : callable, optional
        Makes the plan of the connected devices, where it depends on them.
    """

    plan: AnyPlan
    report: Report
    output: Path | None = None
    overwrite: bool = False
    resume: str = ""
    stored: StoredScan | None = None
    metadata: tuple[str, ...] = ()
    white: tuple[Wanted, ...] = ()
    dark: tuple[Wanted, ...] = ()
    ignore_mismatch: bool = False
    pause: bool = False
    dry_run: bool = False
    lights: bool = False
    prepare: Callable[[AnyPlan, Mapping[str, Device]], AnyPlan] | None = None
    _others: dict[str, Device] = field(default_factory=dict)

    def run(self) -> ScanResult | None:
        """Do it; None after a dry run.

        Raises
        ------
        HsiError, Told
        """
        self._check_before()
        if not self.resume:
            self.plan = self._answered()
        with self._connected() as devices:
            if self.prepare is not None:
                self.plan = self.prepare(self.plan, devices)
            if not self.dry_run:
                self._restore(devices, move=False)
            check = self._check(devices)
            if self.dry_run:
                self._tell_check(check)
                return None
            for warning in check.warnings:
                self.report.warn(warning)
            self._restore(devices, move=True)
            references = self._take_references(devices)
            if self.pause:
                click.pause("Ready: press a key", err=True)
            events = EventQueue()
            engine = ScanEngine(
                completed(self.plan, devices),
                devices,
                references=references,
                path=self.output,
                resume=self.resume,
                overwrite=self.overwrite,
                flags=self._flags,
                on_event=events.put,
            )
            result = carry_out(engine, events, self.report)
        if result.path is not None:
            self.report.say(f"file: {result.path.absolute()} ({result.node})")
        return result

    @property
    def _flags(self) -> ReferenceImportFlag:
        return ReferenceImportFlag.IgnoreParameterMismatch if self.ignore_mismatch else ReferenceImportFlag.NONE

    def _answered(self) -> AnyPlan:
        """Return the plan with what is known of the scan, asking a person for the rest."""
        answers = parse_assignments(self.metadata, "--metadata")
        asked = open_prompts(self.plan, answers)
        if self.dry_run:
            return self.plan.model_copy(update={"metadata": self.plan.metadata | answers})
        if asked and sys.stdin.isatty() and not self.report.as_json:
            answers |= {prompt.name: ask_for(prompt) for prompt in asked}
        try:
            return answered(self.plan, answers)
        except PlanInvalid as error:
            raise PlanInvalid(
                [f"{each}; give --metadata NAME=VALUE" for each in error.problems], self.plan.name
            ) from None

    def _check_before(self) -> None:
        """Refuse what can be seen to be wrong without any device."""
        if self.output is not None and not self.resume:
            inputs = [wanted.file for wanted in (*self.white, *self.dark) if wanted.file is not None]
            if self.stored is not None:
                inputs.append(self.stored.path)
            there = self.overwrite or self.plan.output.scans == "many"
            check_output(self.output, overwrite=there, inputs=inputs)
            check_writable(self.output, overwrite=there)
        cameras = self._cameras()
        for wanted, option in [(each, "--white") for each in self.white] + [(each, "--dark") for each in self.dark]:
            if wanted.camera and wanted.camera not in cameras:
                known = ", ".join(cameras) or "none"
                raise click.UsageError(f"{option}: {wanted.camera} is none of the plan's cameras; there are: {known}")
            if not wanted.camera and len(cameras) != 1:
                known = ", ".join(cameras) or "none"
                raise click.UsageError(f"{option}: say whose it is, as CAMERA=FILE; the plan's cameras are: {known}")

    def _cameras(self) -> list[str]:
        return [detector.device for detector in self.plan.detectors if detector.is_frame]

    @contextmanager
    def _connected(self) -> Iterator[dict[str, Device]]:
        with ExitStack() as stack:
            choices = choices_of(self.plan)
            if self.stored is not None:
                choices = {name: choice or self.stored.choices().get(name) for name, choice in choices.items()}
            devices = stack.enter_context(connect_choices(choices, set_parameters=not self.dry_run))
            if self.dry_run:
                self._check_parameters(choices, devices)
            if self.stored is not None and not self.dry_run:
                self._others = stack.enter_context(
                    connect_choices(
                        self.stored.other_choices(),
                        set_parameters=False,
                        optional=lambda name, error: self.report.warn(f"{name} was there, and is not now: {error}"),
                    )
                )
            taken = any(wanted.frames for wanted in (*self.white, *self.dark))
            if not self.dry_run and (taken or self.lights):
                there = {device.identity for device in (*devices.values(), *self._others.values())}
                for light in connect_lights(enumerate_devices(DriverType.LightControl), self.report, leave_out=there):
                    stack.enter_context(light)
            yield devices

    def _check_parameters(self, choices: Mapping[str, DeviceChoice | None], devices: Mapping[str, Device]) -> None:
        """Look at what would be set, for a dry run, which sets nothing."""
        later: list[str] = []
        for name, device in devices.items():
            choice = choices.get(name)
            try:
                later += would_set(name, device, choice.parameters if choice is not None else {})
            except UnknownParameter as error:
                raise PlanInvalid([str(error)], self.plan.name) from None
        if later:
            self.report.warn(
                f"nothing was set, so the estimate is of the devices as they are; the run sets {'; '.join(later)}"
            )

    def _restore(self, devices: Mapping[str, Device], *, move: bool) -> None:
        """Bring devices into the state of the preset, or of the scan that is repeated."""
        if self.stored is not None:
            given = {name: choice.parameters for name, choice in self.plan.devices.items()}
            for problem in self.stored.apply({**devices, **self._others}, move=move, leave_out=given):
                self.report.warn(str(problem))

    def _check(self, devices: Mapping[str, Device]) -> PlanCheck:
        check = check_plan(self.plan, devices, path=self.output, resume=bool(self.resume) or self.overwrite)
        missing = [
            f"detector {detector.device}: reflectance needs a white reference; give --white FILE, or --white FRAMES"
            for detector in self.plan.detectors
            if detector.value == "reflectance" and not self._has_white(detector.device, devices)
        ]
        if missing and check.ok and not self.dry_run:
            raise ReferenceMissing("; ".join(missing))
        if not self.dry_run:
            check.raise_if_invalid()
        if missing:
            return replace(check, problems=(*check.problems, *missing))
        return check

    def _has_white(self, camera: str, devices: Mapping[str, Device]) -> bool:
        if any(wanted.camera in ("", camera) for wanted in self.white):
            return True
        if self.stored is None:
            return False
        if self.dry_run:
            return True  # it is in the file; whether it fits is seen when the camera is set as it was
        return self._stored_references(devices).get(camera, InstrumentParameters()).white_reference is not None

    def _stored_references(self, devices: Mapping[str, Device]) -> dict[str, InstrumentParameters]:
        return self.stored.references(devices) if self.stored is not None else {}

    def _tell_check(self, check: PlanCheck) -> None:
        report = self.report
        report.event({"event": "check"} | check.to_message())
        report.say(f"plan: {check.name} ({self.plan.kind})")
        endless = "until it is stopped" if check.ok else "not known"
        points = endless if check.points is None else f"{check.points:,}"
        report.say(f"points: {points}")
        report.say(f"duration: {'not known' if check.seconds is None else 'about ' + as_duration(check.seconds)}")
        report.say(f"size: {'not known' if check.bytes is None else size_text(check.bytes)}")
        for warning in check.warnings:
            report.warn(warning)
        check.raise_if_invalid()
        report.say(DRY_RUN_ENDS)

    def _take_references(self, devices: Mapping[str, Device]) -> dict[str, InstrumentParameters]:
        found = self._stored_references(devices)
        for camera in self._cameras():
            device = devices[camera]
            if isinstance(device, InstrumentDevice):
                taken = {
                    name: self._reference(name, wanted, device)
                    for name, all_wanted in ((ReferenceName.Dark, self.dark), (ReferenceName.White, self.white))
                    for wanted in all_wanted
                    if wanted.camera in ("", camera)
                }
                if taken:
                    before = found.get(camera, InstrumentParameters())
                    found[camera] = InstrumentParameters(
                        white_reference=taken.get(ReferenceName.White, before.white_reference),
                        dark_reference=taken.get(ReferenceName.Dark, before.dark_reference),
                    )
        return found

    def _reference(self, name: ReferenceName, wanted: Wanted, camera: InstrumentDevice) -> Reference:
        if wanted.file is not None:
            return import_reference(camera, wanted.file, self._flags, name=name)
        if self.pause:
            click.pause(f"Prepare the {name}, then press a key", err=True)
        return Session(camera, self.report).take_reference(name, wanted.frames)
