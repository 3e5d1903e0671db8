"""White and dark references: measured once, used for every line after."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from enum import IntFlag
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.devices import BufferContainer
from pymodaq_hsi.drivers import FrameFormat, ReferenceName
from pymodaq_hsi.errors import CalibrationError, ReferenceMismatch
from pymodaq_hsi.processing.averaging import FrameAverage
from pymodaq_hsi.processing.quality import DEFAULT_OLDEST, quality_warnings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pymodaq_hsi.processing.panel import Panel, PanelReflectivity
    from pymodaq_hsi.processing.radiance import Radiometry

__all__ = [
    "InstrumentParameters",
    "Reference",
    "ReferenceImportFlag",
    "check_settings",
    "setting_differences",
    "to_reference",
]


class ReferenceImportFlag(IntFlag):
    """What may be overlooked when a reference is used."""

    NONE = 0
    IgnoreParameterMismatch = 1


@dataclass(frozen=True, eq=False)
class Reference:
    """The average of some frames of a reference, in the instrument's own orientation.

    Attributes
    ----------
    name : ReferenceName
    mean : ndarray
        float64, shape of a raw frame, in the unit of the samples.
    std : ndarray
        Sample standard deviation of single frames (``ddof=1``), same shape; 0 where only one frame was averaged.
    count : int
        Frames averaged.
    saturated : ndarray
        bool, same shape: True where any of the frames was saturated.
    format : FrameFormat
        Of the raw frames.
    settings : dict
        The settings that it depends on, by parameter name, and the serial number.
    timestamp : float
        POSIX seconds of the last frame; 0 where it is not known.
    panel : Panel, float or None
        Reflectivity of the white panel that it was taken of, where it is known.
    instrument : dict
        Which instrument took it: driver, display_name, manufacturer, model, serial_number.
    accepted : dict
        Other values of settings under which it was said to be good all the same, when it was imported.
    """

    name: ReferenceName
    mean: npt.NDArray[np.float64]
    std: npt.NDArray[np.float64]
    count: int
    saturated: npt.NDArray[np.bool_]
    format: FrameFormat
    settings: Mapping[str, Any] = field(default_factory=dict)
    timestamp: float = 0.0
    panel: Panel | float | None = None
    instrument: Mapping[str, str] = field(default_factory=dict)
    accepted: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<{self.name} of {self.count} frames of {self.mean.shape}>"

    @property
    def standard_error(self) -> npt.NDArray[np.float64]:
        """Standard deviation of the mean."""
        error: npt.NDArray[np.float64] = self.std / np.sqrt(self.count)
        return error

    @property
    def age(self) -> float:
        """Seconds since it was taken; NaN where that is not known."""
        return time.time() - self.timestamp if self.timestamp > 0 else math.nan

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is wrong with it, in sentences: saturated, too weak, too bright; () for a good one."""
        return quality_warnings(self)

    @classmethod
    def from_frames(
        cls,
        name: ReferenceName | str,
        frames: Iterable[npt.NDArray[Any]],
        format: FrameFormat,
        settings: Mapping[str, Any] | None = None,
        timestamp: float | None = None,
        *,
        panel: Panel | float | None = None,
        instrument: Mapping[str, str] | None = None,
    ) -> Reference:
        """Average frames (also the lines of a stored cube) as they come; one frame is held at a time.

        Parameters
        ----------
        name : ReferenceName or str
        frames : iterable of ndarray
            Each of the format's shape.
        format : FrameFormat
        settings, panel, instrument
            See the attributes.
        timestamp : float, optional
            POSIX seconds; now by default, 0 where it is not known.

        Raises
        ------
        CalibrationError
            There are none, or one has another shape; both shapes are named.
        """
        average = FrameAverage(format)
        for frame in frames:
            average.add(frame)
        when = time.time() if timestamp is None else timestamp
        return cls.from_average(name, average, settings or {}, when, panel=panel, instrument=instrument)

    @classmethod
    def from_average(
        cls,
        name: ReferenceName | str,
        average: FrameAverage,
        settings: Mapping[str, Any],
        timestamp: float,
        *,
        panel: Panel | float | None = None,
        instrument: Mapping[str, str] | None = None,
    ) -> Reference:
        """Make it of frames that were averaged already."""
        kind = ReferenceName(name)
        if average.count == 0:
            raise CalibrationError(f"{kind} of 0 frames: there is nothing to average")
        return cls(
            name=kind,
            mean=average.mean(),
            std=average.std(),
            count=average.count,
            saturated=average.saturated,
            format=average.format,
            settings=dict(settings),
            timestamp=timestamp,
            panel=panel,
            instrument=dict(instrument or {}),
        )

    @classmethod
    def from_container(
        cls, name: ReferenceName | str, container: BufferContainer, *, panel: Panel | float | None = None
    ) -> Reference:
        """Average the frames of a container.

        Raises
        ------
        CalibrationError
            It is empty, or its frames were acquired as the other reference.
        """
        kind = ReferenceName(name)
        if container.reference_name not in (None, kind):
            raise CalibrationError(
                f"a container with a {container.reference_name} was given as the {kind}; exchange them"
            )
        last = container.timestamps_ns
        timestamp = float(last[-1]) / 1e9 if len(last) else None
        return cls.from_frames(
            kind,
            container.data,
            container.format,
            container.settings,
            timestamp,
            panel=panel,
            instrument=instrument_of(container.device),
        )

    def differences(self, settings: Mapping[str, Any]) -> dict[str, tuple[object, object]]:
        """Return the settings in which this reference and `settings` differ: name to (its value, the other).

        A setting that the other side does not know has None there. Values that were `accepted` are no differences.
        """
        return setting_differences(self.settings, settings, self.accepted)


@dataclass
class InstrumentParameters:
    """What a context needs to know of the measurements before.

    Attributes
    ----------
    white_reference, dark_reference : Reference, BufferContainer or None
    panel_reflectivity : float, array, (wavelengths, reflectivities), Panel or None
        Of the white panel, 1 where it is perfect: one number, one for each band in ascending wavelength, or a table
        over wavelengths in nm that is interpolated linearly and must cover the camera's (a `Panel` can have bands
        outside come out as NaN). None: as the white reference says, 1 where it does not.
    oldest : float or None
        Seconds; a context warns of references that are older. None: never.
    radiometry : Radiometry or None
        Turns counts into radiance; see `read_radiometry`.
    """

    white_reference: Reference | BufferContainer | None = None
    dark_reference: Reference | BufferContainer | None = None
    panel_reflectivity: PanelReflectivity | None = None
    oldest: float | None = DEFAULT_OLDEST
    radiometry: Radiometry | None = None


def to_reference(name: ReferenceName, given: Reference | BufferContainer | None) -> Reference | None:
    """Return what was given as a reference of that name.

    Raises
    ------
    CalibrationError
        It is the other one, empty, or something else.
    """
    if isinstance(given, BufferContainer):
        return Reference.from_container(name, given)
    if given is not None and not isinstance(given, Reference):
        raise CalibrationError(
            f"{type(given).__name__} was given as the {name}; give a Reference (measure_reference, import_reference) "
            "or a BufferContainer"
        )
    if given is not None and given.name is not name:
        raise CalibrationError(f"a {given.name} was given as the {name}; exchange them")
    return given


def instrument_of(device: Any) -> dict[str, str]:
    """Return what is said of an instrument beside its references."""
    return {
        "driver": device.name,
        "display_name": device.display_name,
        "manufacturer": device.manufacturer,
        "model": device.model,
        "serial_number": device.serial_number,
    }


def check_settings(
    references: Sequence[Reference],
    settings: Mapping[str, Any],
    flags: ReferenceImportFlag = ReferenceImportFlag.NONE,
    *,
    radiometry: Radiometry | None = None,
) -> None:
    """Refuse references, and a radiometric calibration, that were taken under other settings.

    Raises
    ------
    ReferenceMismatch
        With every difference and both values, unless the flags say to ignore it.
    """
    if flags & ReferenceImportFlag.IgnoreParameterMismatch:
        return
    for reference in references:
        refuse_differences(f"the {reference.name}", reference.differences(settings))
    if radiometry is not None:
        differences = setting_differences(radiometry.settings, settings)
        refuse_differences(f"the radiometric calibration {radiometry.name}", differences)


def setting_differences(
    settings: Mapping[str, Any], now: Mapping[str, Any], accepted: Mapping[str, Any] | None = None
) -> dict[str, tuple[object, object]]:
    """Return the settings that are others now: name to (value then, value now, None where it is not known)."""
    found: dict[str, tuple[object, object]] = {}
    for name, value in settings.items():
        other = now.get(name)
        good = accepted is not None and name in accepted and _same(accepted[name], other)
        if not good and (name not in now or not _same(value, other)):
            found[name] = (value, other)
    return found


def refuse_differences(what: str, differences: dict[str, tuple[object, object]]) -> None:
    """Raise `ReferenceMismatch` naming each difference with both values, if there are any."""
    if differences:
        listed = ", ".join(f"{name} was {then!r} and is {now!r}" for name, (then, now) in differences.items())
        raise ReferenceMismatch(
            f"{what} was taken under other settings: {listed}; take it again, set these back, "
            "or pass ReferenceImportFlag.IgnoreParameterMismatch (--ignore-mismatch)",
            differences,
        )


def _same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, (int, float)):
        return bool(np.isclose(one, other, rtol=1e-9, atol=0, equal_nan=True))
    return one == other
