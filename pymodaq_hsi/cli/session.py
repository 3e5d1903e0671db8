"""What `record` and `demo` share: devices, references, the recording, and what is said of them."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.cli.output import INTERRUPTED, Told
from pymodaq_hsi.devices import DeviceGroup, EnumerationResult, InstrumentDevice, connect, find_devices
from pymodaq_hsi.drivers import DriverType, ReferenceName
from pymodaq_hsi.errors import DeviceNotFound, HsiError
from pymodaq_hsi.processing import RecordingContext, Reference, measure_reference
from pymodaq_hsi.recording import RecordingSummary, record_cube

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from pymodaq_hsi.cli.output import Report

__all__ = ["Session", "connect_lights", "open_session"]


@dataclass
class Session:
    """A connected camera and the lights beside it."""

    camera: InstrumentDevice
    report: Report

    def take_reference(self, name: ReferenceName, frames: int | None) -> Reference:
        """Measure a reference, with a progress bar."""
        with self.report.progress(str(name), frames) as bar:
            reference = measure_reference(self.camera, name, frames, progress=lambda done, _: bar(done))
        share = float(reference.saturated.mean())
        note = f", {share:.2%} of the samples saturated" if share else ""
        self.report.say(f"{name}: {reference.count} frames, mean {reference.mean.mean():.1f} counts{note}")
        return reference

    def record(self, context: RecordingContext, path: Path, lines: int, **options: Any) -> RecordingSummary:
        """Record a cube, with a progress bar; an early end says what was kept."""
        kept: list[RecordingSummary] = []

        def show(summary: RecordingSummary) -> None:
            if not kept:
                kept.append(summary)
            bar(summary.lines)

        try:
            with self.report.progress("Recording", lines) as bar:
                summary = record_cube(context, path, lines, progress=show, **options)
        except (KeyboardInterrupt, SystemExit) as stop:
            self._tell_kept(kept, path, lines)
            code = stop.code if isinstance(stop, SystemExit) else INTERRUPTED
            raise Told(code if isinstance(code, int) else INTERRUPTED) from None
        except (HsiError, OSError):
            self._tell_kept(kept, path, lines)
            raise
        if summary.dropped:
            self.report.warn(
                f"{summary.dropped} lines were dropped: the disk or the machine could not keep up; "
                "lower the frame rate, or record fewer bands"
            )
        return summary

    def _tell_kept(self, kept: list[RecordingSummary], path: Path, lines: int) -> None:
        count = kept[0].lines if kept else 0
        if count:
            self.report.warn(f"stopped after {count} of {lines} lines; they are in {path.absolute()}")
            self.report.result(kept[0].to_message())


@contextmanager
def open_session(
    driver: str,
    connection: Mapping[str, object],
    settings: Mapping[str, object],
    report: Report,
    *,
    lights: bool = True,
    timeout: float = 60.0,
) -> Iterator[Session]:
    """Connect a camera and every light that there is, and set the camera's parameters."""
    found = find_devices([driver], also=DriverType.LightControl if lights else None)
    device = found.device(driver)
    if device.driver.type is not DriverType.Instrument:
        raise DeviceNotFound(f"{driver} is a {device.driver.type.name}, not a camera; 'pymodaq-hsi devices' lists all")
    with ExitStack() as stack:
        group = stack.enter_context(connect(device, connection, timeout=timeout))
        if lights:
            for light in connect_lights(found, report):
                stack.enter_context(light)
        camera: InstrumentDevice = group.primary_device()
        for name, value in settings.items():
            camera.set_parameter(name, value)
        yield Session(camera, report)


def connect_lights(
    found: EnumerationResult, report: Report, *, leave_out: Collection[str] = ()
) -> Iterator[DeviceGroup]:
    """Connect the lights, but those with some identities; they are what a dark reference switches off."""
    for device in found.devices:
        if device.driver.type is DriverType.LightControl and device.identity not in leave_out:
            try:
                yield connect(device)
            except HsiError as error:
                report.warn(f"{device.display_name} could not be connected, so nothing switches it: {error}")
