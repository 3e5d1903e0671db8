"""Commands: references, taken, kept, imported and exported."""

from __future__ import annotations

import base64
import contextlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.devices import InstrumentDevice
from pymodaq_hsi.drivers import DriverType, ReferenceName
from pymodaq_hsi.errors import CommandInvalid, HsiError, ReferenceMissing
from pymodaq_hsi.processing import (
    InstrumentParameters,
    Reference,
    ReferenceImportFlag,
    export_reference,
    import_reference,
    measure_reference,
    read_panel,
)
from pymodaq_hsi.processing.panel import panel_values
from pymodaq_hsi.processing.quality import DEFAULT_OLDEST, age_warning, pair_warnings
from pymodaq_hsi.station.core import Right, command
from pymodaq_hsi.station.failures import plain
from pymodaq_hsi.station.hub import Message

if TYPE_CHECKING:
    from pymodaq_hsi.station.core import Core
    from pymodaq_hsi.station.jobs import Job
    from pymodaq_hsi.station.live import LiveViews

__all__ = ["Referencing"]


class Referencing:
    """Keeps the white and the dark reference of each camera."""

    def __init__(self, core: Core, live: LiveViews) -> None:
        self._core = core
        self._live = live
        self._kept: dict[str, dict[ReferenceName, Reference]] = {}
        self._described: dict[str, dict[str, Message]] = {}
        self.oldest: float | None = DEFAULT_OLDEST
        """Seconds after which references are called too old; None: never."""

    def parameters(self, device: str) -> InstrumentParameters | None:
        """Return what a scan calibrates a camera with."""
        kept = self._kept.get(device, {})
        if not kept:
            return None
        return InstrumentParameters(kept.get(ReferenceName.White), kept.get(ReferenceName.Dark), oldest=self.oldest)

    def to_message(self) -> Message:
        """Return what is in use, without asking a device."""
        return {
            device: {
                name: message | {"warnings": [*message["warnings"], *self._age(device, name)]}
                for name, message in dict(described).items()
            }
            for device, described in list(self._described.items())
        }

    @command(Right.READ)
    def references(self) -> Message:
        """Return the references in use, by camera and name, with ``differences`` from its present settings."""
        found = self.to_message()
        for device, references in found.items():
            camera = self._core.keeper(device).device
            if isinstance(camera, InstrumentDevice) and camera.connected:
                with contextlib.suppress(HsiError):  # a camera that does not answer keeps its references
                    settings = camera.reference_settings()
                    for name, message in references.items():
                        differences = self._kept[device][ReferenceName(name)].differences(settings)
                        message["differences"] = plain(differences)
        return found

    @command(Right.WRITE)
    def take_reference(
        self,
        device: str,
        reference: str,
        frames: int | None = None,
        panel: float | str | None = None,
        timeout: float = 5.0,
    ) -> Message:
        """Take a reference; a job, whose progress has ``done`` and ``total``, and whose result describes it.

        `reference` is "WhiteReference" or "DarkReference" (all lights are forced off for the time of it); `panel` is
        the reflectivity of the panel, a number or the path of its certificate; `timeout` is that of each frame.
        """
        camera, name = self._core.camera(device), self._core.keeper(device).name
        which = _known(reference)
        known_panel = read_panel(panel) if isinstance(panel, str) else panel
        needed = [name]
        if which is ReferenceName.Dark:
            needed += [keeper.name for keeper in self._core.of_type(DriverType.LightControl)]
        self._core.use(needed, f"a {which} of {name}")

        def tell(job: Job, done: int, total: int) -> None:
            if done == 1:
                self._tell_lights(needed)
            job.tell(done=done, total=total)

        def work(job: Job) -> Message:
            with self._live.interrupted([name]):
                try:
                    taken = measure_reference(
                        camera,
                        which,
                        frames,
                        timeout=timeout,
                        panel=known_panel,
                        dark=self._kept.get(name, {}).get(ReferenceName.Dark),
                        progress=lambda done, total: tell(job, done, total),
                    )
                finally:
                    self._core.free(needed)
                    self._tell_lights(needed)
            return self.keep(name, taken)

        try:
            return self._core.jobs.start("reference", work, device=name, reference=str(which))
        except BaseException:
            self._core.free(needed)
            raise

    @command(Right.READ)
    def reference_data(self, device: str, reference: str, step: tuple[int, int] = (1, 1)) -> Message:
        """Return the mean frame of a reference in use, to look at; of pixels and bands every n-th, as `step` says.

        Returns ``data`` (base64), ``dtype`` and ``shape`` of ``(pixels, bands)``, wavelengths ascending, with
        ``wavelengths`` (nm) and ``panel`` (the reflectivity there), None where they are not known.
        """
        camera, name = self._core.camera(device), self._core.keeper(device).name
        kept = self._one(name, _known(reference))
        if min(step) < 1:
            raise CommandInvalid(f"every {step} pixels and bands cannot be given; steps are 1 or more")
        mean = np.ascontiguousarray(kept.mean[:: step[0], :: step[1]], np.float32)
        known = camera.frame_format().wavelengths if camera.connected else None
        wavelengths = panel = None
        if known is not None and len(known) == kept.mean.shape[1]:
            wavelengths = sorted(float(each) for each in known)[:: step[1]]
            if kept.panel is not None:
                panel = [float(each) for each in panel_values(kept.panel, np.asarray(wavelengths))]
        data = base64.b64encode(mean.tobytes()).decode("ascii")
        shown = {"wavelengths": wavelengths, "panel": panel}
        return {"data": data, "dtype": mean.dtype.str, "shape": list(mean.shape)} | shown

    @command(Right.READ)
    def export_reference(self, device: str, reference: str, path: str) -> str:
        """Write a reference in use to a file on the station's machine; return its path."""
        camera, name = self._core.camera(device), self._core.keeper(device).name
        return str(export_reference(camera, self._one(name, _known(reference)), path).absolute())

    @command(Right.WRITE)
    def import_reference(
        self, device: str, path: str, reference: str | None = None, ignore_mismatch: bool = False
    ) -> Message:
        """Read a reference from a file and use it; return what it is like."""
        camera, name = self._core.camera(device), self._core.keeper(device).name
        self._core.refuse_in_use(name, "importing a reference")
        flag = ReferenceImportFlag.IgnoreParameterMismatch if ignore_mismatch else ReferenceImportFlag.NONE
        which = None if reference is None else _known(reference)
        return self.keep(name, import_reference(camera, path, flag, name=which))

    @command(Right.WRITE)
    def clear_reference(self, device: str, reference: str) -> None:
        """Use a reference no longer."""
        name, which = self._core.keeper(device).name, _known(reference)
        self._one(name, which)
        self._described[name] = {kind: each for kind, each in self._described[name].items() if kind != str(which)}
        self._kept[name] = {kind: kept for kind, kept in self._kept[name].items() if kind is not which}
        self._core.hub.publish("reference", device=name, reference=str(which), state=None)

    @command(Right.READ)
    def limit_reference_age(self, seconds: float | None) -> None:
        """Set after how long references are called too old, here and in the scans that use them; None: never."""
        if seconds is not None and not (math.isfinite(seconds) and seconds > 0):
            raise CommandInvalid(
                f"references cannot be too old after {seconds:g} s; give a time above 0, or null (None) for never"
            )
        self.oldest = seconds
        self._core.hub.publish("reference_age", seconds=seconds)

    def forget(self, device: str) -> None:
        """Forget those of a camera that was disconnected."""
        self._described.pop(device, None)
        self._kept.pop(device, None)

    def keep(self, device: str, reference: Reference) -> Message:
        """Use a reference from now on; return what it is like."""
        kept = self._kept[device] = self._kept.get(device, {}) | {reference.name: reference}
        message = _describe(reference, kept)
        told = {str(reference.name): message}
        if reference.name is ReferenceName.Dark and (white := kept.get(ReferenceName.White)) is not None:
            told[str(white.name)] = _describe(white, kept)  # what is wrong with the pair may have changed
        before = self._described.get(device, {})
        self._described[device] = before | told
        for name, state in told.items():
            if state is message or state["warnings"] != before.get(name, {}).get("warnings"):
                self._core.hub.publish("reference", device=device, reference=name, state=state)
        return message

    def _tell_lights(self, names: list[str]) -> None:
        for name in names[1:]:
            keeper = self._core.keepers.get(name)
            if keeper is not None:
                keeper.tell_state("light")

    def _age(self, device: str, name: str) -> tuple[str, ...]:
        reference = self._kept.get(device, {}).get(ReferenceName(name))
        return () if reference is None else tuple(age_warning(reference, self.oldest))

    def _one(self, device: str, name: ReferenceName) -> Reference:
        found = self._kept.get(device, {}).get(name)
        if found is None:
            raise ReferenceMissing(f"the station has no {name} of {device}; take one, or import one")
        return found


def _describe(reference: Reference, kept: dict[ReferenceName, Reference]) -> Message:
    warnings = list(reference.warnings)
    dark = kept.get(ReferenceName.Dark)
    if reference.name is ReferenceName.White and dark is not None and dark.mean.shape == reference.mean.shape:
        warnings += pair_warnings(reference, dark)
    panel: Any = reference.panel
    return {
        "reference": str(reference.name),
        "frames": reference.count,
        "timestamp": reference.timestamp,
        "shape": list(reference.mean.shape),
        "mean": float(reference.mean.mean()),
        "saturated": float(reference.saturated.mean()),
        "settings": plain(dict(reference.settings)),
        "instrument": plain(dict(reference.instrument)),
        "panel": panel if panel is None or isinstance(panel, float | int) else panel.name,
        "warnings": warnings,
    }


def _known(reference: str) -> ReferenceName:
    try:
        return ReferenceName(reference)
    except ValueError:
        known = " or ".join(str(name) for name in ReferenceName)
        raise CommandInvalid(f"there is no reference {reference!r}; it is {known}") from None
