"""Steps one after the other."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numpy import ma

from pymodaq_hsi.drivers import FrameFormat
from pymodaq_hsi.errors import StepError
from pymodaq_hsi.processing.standardise import Standardiser
from pymodaq_hsi.processing.steps.asked import Corrections
from pymodaq_hsi.processing.steps.base import Step
from pymodaq_hsi.processing.steps.binning import Bin
from pymodaq_hsi.processing.steps.cropping import Crop, Flip
from pymodaq_hsi.processing.steps.dead import DeadPixels
from pymodaq_hsi.processing.steps.distortion import Keystone, Smile
from pymodaq_hsi.processing.steps.geometry import Geometry
from pymodaq_hsi.processing.steps.resampling import Resample
from pymodaq_hsi.processing.validity import NO_NUMBER, Validity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pymodaq_hsi.devices import InstrumentDevice
    from pymodaq_hsi.processing.steps.base import Operation

__all__ = ["KINDS", "BoundSteps", "Standardisation"]

KINDS: dict[str, type[Step]] = {
    step.kind: step for step in (Flip, Crop, DeadPixels, Smile, Keystone, Bin, Resample, Corrections)
}
"""The steps by their kinds."""

_VERSION = 1


@dataclass(frozen=True)
class Standardisation:
    """What is done to lines before they are calibrated, in this order; the same for data and references.

    Parameters
    ----------
    steps : iterable of Step

    Raises
    ------
    StepError
        Something is not a step.

    Examples
    --------
    >>> steps = Standardisation([Crop(bands=(20, 220)), Bin(pixels=2, bands=2)])
    >>> bound = steps.bind(Geometry(640, 224, saturation=4095))
    >>> bound.shape
    (320, 100)
    """

    steps: tuple[Step, ...] = ()

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        given = tuple(steps)
        for step in given:
            if not isinstance(step, Step):
                known = ", ".join(each.__name__ for each in KINDS.values())
                raise StepError(f"{step!r:.60} is no step; there are {known}")
        object.__setattr__(self, "steps", given)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def bind(self, source: FrameFormat | Geometry) -> BoundSteps:
        """Return the steps for lines that are known; nothing has to have come yet.

        Parameters
        ----------
        source : FrameFormat or Geometry
            Of raw frames, which are brought to (pixels, bands) by rising wavelength first; or of lines that are so.

        Raises
        ------
        StepError
            A step does not fit; it is named by its number.
        CalibrationError
            The frames are not those of a pushbroom camera.
        """
        return BoundSteps(self, source)

    def without_detection(self) -> Standardisation:
        """Return it without dead pixels that are still to be found in references, which change no geometry."""
        return Standardisation(
            replace(step, detect=None) if isinstance(step, DeadPixels) else step for step in self.steps
        )

    @classmethod
    def of(cls, device: InstrumentDevice) -> Standardisation:
        """Return what the calibration of a connected instrument says has to be done to its lines.

        Steps of your own go after it: ``Standardisation([*Standardisation.of(camera), Crop(wavelengths=(450, 900))])``.

        Parameters
        ----------
        device : InstrumentDevice
            Its driver tells it by `corrections`; most tell nothing, and nothing is done.

        Raises
        ------
        StepError
            What it tells is no steps, or does not fit its lines.
        CalibrationError
            It tells something, and its frames are not those of a pushbroom camera.
        """
        try:
            steps = cls.from_plain(device.request("corrections"))
            if len(steps):
                steps.bind(device.frame_format())
        except StepError as error:
            raise StepError(
                f"the corrections of {device.display_name} ({device.name}) cannot be used: {error}"
            ) from None
        return steps

    def completed(self, device: InstrumentDevice) -> Standardisation:
        """Return it with what a camera knows itself in place of `Corrections`, which ask for that.

        Raises
        ------
        StepError, CalibrationError
            As of `of`.
        """
        if not any(isinstance(step, Corrections) for step in self.steps):
            return self
        own = Standardisation.of(device)
        return Standardisation(
            each for step in self.steps for each in (own if isinstance(step, Corrections) else (step,))
        )

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON and TOML know it."""
        return {"version": _VERSION, "steps": [step.to_plain() for step in self.steps]}

    def to_json(self) -> str:
        """Return it as JSON text."""
        return json.dumps(self.to_plain())

    @classmethod
    def from_plain(cls, data: Any) -> Standardisation:
        """Make it of what `to_plain` gave, or of the list of steps alone.

        Raises
        ------
        StepError
            It cannot be understood; the step is named by its number.
        """
        if isinstance(data, dict):
            unknown = sorted(set(data) - {"version", "steps"})
            if unknown or "steps" not in data:
                raise StepError(f"steps are a table with 'steps', not with {', '.join(map(repr, data)) or 'nothing'}")
            if data.get("version", _VERSION) != _VERSION:
                raise StepError(f"steps of version {data['version']!r}; this program knows version {_VERSION}")
            data = data["steps"]
        if not isinstance(data, list | tuple):
            raise StepError(f"steps are a list of tables, each with a 'kind'; not {data!r:.60}")
        return cls(_step(number, each) for number, each in enumerate(data, start=1))

    @classmethod
    def from_json(cls, text: str) -> Standardisation:
        """Make it of JSON text; see `from_plain`."""
        try:
            return cls.from_plain(json.loads(text))
        except ValueError as error:
            if isinstance(error, StepError):
                raise
            raise StepError(f"steps that are no JSON: {error}") from None


def _step(number: int, data: Mapping[str, Any] | Any) -> Step:
    kind = data.get("kind") if isinstance(data, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        said = f"the kind {kind!r:.60}" if kind is not None else "no kind"
        raise StepError(f"step {number} has {said}; there are {', '.join(KINDS)}")
    try:
        return KINDS[kind].from_plain(data)
    except StepError as error:
        raise StepError(f"step {number}: {error}") from None


class BoundSteps:
    """Steps for the lines of one camera, or of one cube.

    Attributes
    ----------
    standardisation : Standardisation
    before, after : Geometry
        Of the lines that come (after they were oriented), and of those that leave.
    """

    def __init__(self, standardisation: Standardisation, source: FrameFormat | Geometry) -> None:
        self.standardisation = standardisation
        self.source = source
        self._orient = Standardiser(source) if isinstance(source, FrameFormat) else None
        self.before = Geometry.of(self._orient) if self._orient is not None else _geometry(source)
        self._operations: list[Operation] = []
        self.after = self.before
        for number, step in enumerate(standardisation, start=1):
            try:
                self._operations.append(step.bind(self.after))
            except StepError as error:
                raise StepError(f"step {number} ({step.kind}): {error}") from None
            self.after = self._operations[-1].geometry

    @property
    def shape(self) -> tuple[int, int]:
        """Of a line: (pixels, bands)."""
        return self.after.shape

    @property
    def wavelengths(self) -> npt.NDArray[np.float64]:
        """Nm, rising, ``(bands,)``; band numbers where they are not known."""
        return self.after.axis

    @property
    def validity(self) -> npt.NDArray[np.uint8]:
        """What is known of each value before a line comes, uint8 of `Validity`, ``(pixels, bands)``."""
        return np.asarray(self.after.validity)

    def dtype(self, given: npt.DTypeLike) -> np.dtype[Any]:
        """Return the sample type that becomes of another."""
        dtype = np.dtype(given).newbyteorder("=")
        for operation in self._operations:
            dtype = operation.dtype(dtype)
        return dtype

    def apply(
        self, block: npt.NDArray[Any], validity: npt.NDArray[np.uint8] | None = None
    ) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8]]:
        """Standardise lines.

        Parameters
        ----------
        block : ndarray
            A line, or lines, ``(..., pixels, bands)``; raw frames where the steps were bound to a `FrameFormat`. A line
            comes out the same to the bit, whatever else is in the block. What is masked of a masked array is no number.
        validity : ndarray, optional
            uint8 of `Validity` of the same shape: what is known of the samples beside what they say themselves.

        Returns
        -------
        values : ndarray
            ``(..., pixels, bands)`` of `dtype`; NaN where there is no value.
        validity : ndarray
            uint8 of `Validity`, same shape.

        Raises
        ------
        StepError
            The block has other pixels or bands, or complex samples.
        """
        self._check(block)
        if isinstance(block, ma.MaskedArray):
            masked = ma.getmaskarray(block) * np.uint8(Validity.NOT_A_NUMBER)
            validity = masked if validity is None else masked | validity
            block = block.data
        values = self.values(block)
        flags = np.broadcast_to(self.validity, values.shape).copy()
        saturated = self.saturated(block)
        if saturated is not None:
            flags |= saturated * np.uint8(Validity.SATURATED)
        if validity is not None:
            self._check(validity)
            flags |= self.reach(validity.astype(np.uint8, copy=False))
            if values.dtype.kind == "f":
                values[(flags & NO_NUMBER) != 0] = np.nan
        if values.dtype.kind == "f":
            nothing = ~np.isfinite(values) & ((flags & NO_NUMBER) == 0)
            flags[nothing] |= np.uint8(Validity.NOT_A_NUMBER)
            values[nothing] = np.nan
        return values, flags

    def values(self, block: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the values alone, not of the block's memory; see `apply`."""
        line = self.oriented(block)
        with np.errstate(invalid="ignore", over="ignore"):  # infinities: what comes of them is said by flags
            for operation in self._operations:
                line = operation.values(line)
        return line.astype(line.dtype.newbyteorder("="), copy=bool(np.may_share_memory(line, block)))

    def saturated(self, block: npt.NDArray[Any]) -> npt.NDArray[np.bool_] | None:
        """Return which values have a saturated sample in them, bool, ``(..., pixels, bands)``; None if none has."""
        limit = self.before.saturation
        if limit is None or not block.size or (block.dtype.kind in "iu" and block.max() < limit):
            return None
        over = block >= limit
        return self.reach(over) if over.any() else None

    def reach(self, flags: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return, for each value, the flags of all samples that it is made of, together."""
        line = self.oriented(flags)
        for operation in self._operations:
            line = operation.reach(line)
        return line

    def carry(self, table: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Take a table that belongs to oriented lines, ``(pixels, bands)``, through the steps."""
        for operation in self._operations:
            table = operation.values(table)
        return table

    def variance(self, variance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the variance of values whose samples have these variances, and err independently.

        Values that are interpolated from the same samples no longer err independently; a step after that takes them as
        if they did, and the result is a few percent off.
        """
        line = self.oriented(variance)
        for operation in self._operations:
            line = operation.variance(line)
        return line

    def oriented(self, block: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return raw frames as lines before the first step, ``(..., pixels, bands)``; a view where it can be one."""
        return block if self._orient is None else self._orient.block(block)

    def describe(self) -> dict[str, Any]:
        """Return for a file what was done to each frame, as JSON data."""
        said = self.standardisation.to_plain()
        if self._orient is not None:
            said["orientation"] = self._orient.describe()
        return said

    def _check(self, block: npt.NDArray[Any]) -> None:
        wanted = self.source.shape
        if block.ndim < 2 or block.shape[-2:] != wanted:
            raise StepError(
                f"a block has the shape {block.shape}, the steps were bound to lines of {wanted}; bind them anew"
            )
        if block.dtype.kind not in "iufb":
            raise StepError(f"a block has samples of type {block.dtype}; standardise real numbers")


def _geometry(source: Any) -> Geometry:
    if not isinstance(source, Geometry):
        raise StepError(f"steps are bound to a FrameFormat or a Geometry, not to {source!r:.60}")
    return replace(source)
