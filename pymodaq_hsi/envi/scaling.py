"""Stored samples to the values that they stand for, block by block as they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from pymodaq_hsi.envi._numbers import parse_numbers
from pymodaq_hsi.errors import EnviError

if TYPE_CHECKING:
    import numpy.typing as npt

    from pymodaq_hsi.envi.cube import EnviCube
    from pymodaq_hsi.envi.header import EnviHeader

__all__ = ["ScaledSamples", "Scaling", "is_ignored", "scaled", "valid_samples"]

Scaling = Literal["reflectance scale factor", "data gain values", "data reflectance gain values"]
"""The entries of a header that say what samples stand for."""

_OFFSETS: dict[str, str] = {
    "data gain values": "data offset values",
    "data reflectance gain values": "data reflectance offset values",
}
_HUGE = 1e30  # fill values like the smallest float32 are often written with six digits


@dataclass(frozen=True, eq=False)
class ScaledSamples:
    """A cube of values ``sample * gain + offset``, computed where it is indexed; see `EnviCube.scaled`.

    Attributes
    ----------
    shape : tuple of int
        Lines, pixels, bands.
    dtype : numpy.dtype
    by : str
        The entry of the header that was followed; "" where there is none and samples are values.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    by: str
    _data: npt.NDArray[Any]
    _ignored: int | float | None
    _divisor: float | None
    _gains: npt.NDArray[np.float64] | None
    _offsets: npt.NDArray[np.float64] | None

    @property
    def ndim(self) -> int:
        """Three."""
        return 3

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        """Return values, indexed as an array is; NaN where the sample is the header's 'data ignore value'."""
        raw = self._data[key]
        values = np.array(raw, self.dtype)
        if self._divisor is not None:
            values /= self.dtype.type(self._divisor)
        if self._gains is not None:
            values *= np.broadcast_to(self._gains.astype(self.dtype), self.shape)[key]
        if self._offsets is not None:
            values += np.broadcast_to(self._offsets.astype(self.dtype), self.shape)[key]
        if self._ignored is not None:
            values[is_ignored(raw, self._ignored)] = np.nan
        return values

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """Return the whole cube in memory."""
        del copy  # it is always one
        values = self[...]
        return values if dtype is None else values.astype(dtype)


def scaled(cube: EnviCube, samples: npt.NDArray[Any], by: Scaling | None, dtype: npt.DTypeLike | None) -> ScaledSamples:
    """See `EnviCube.scaled`; `samples` are lines of the cube."""
    header = cube.header
    offered = _offered(header)
    if by is None and len(offered) > 1:
        raise _error(
            cube,
            f"the header has {' and '.join(offered)}, which need not mean the same; name one: scaled({offered[0]!r})",
        )
    if by is not None and by not in offered:
        known = "', '".join(get_args(Scaling))
        raise _error(cube, f"the header has no {by!r} to scale by; it has {offered or 'none'} of '{known}'")
    chosen = by or (offered[0] if offered else "")
    divisor = header.reflectance_scale_factor if chosen == "reflectance scale factor" else None
    gains = _per_band(cube, chosen) if divisor is None and chosen else None
    offsets = _per_band(cube, _OFFSETS[chosen]) if chosen in _OFFSETS else None
    kind = np.result_type(samples.dtype, np.float32) if dtype is None else np.dtype(dtype)
    if kind.kind not in "fc":
        raise _error(cube, f"scaled values cannot be {kind}; give a floating-point type")
    return ScaledSamples(
        (samples.shape[0], *cube.shape[1:]),
        kind.newbyteorder("="),
        chosen,
        samples,
        header.data_ignore_value,
        divisor,
        gains,
        offsets,
    )


def valid_samples(samples: npt.NDArray[Any], header: EnviHeader) -> npt.NDArray[np.bool_]:
    """Return which samples are neither NaN nor the header's 'data ignore value'; of the shape of `samples`."""
    valid: npt.NDArray[np.bool_] = ~np.isnan(samples) if samples.dtype.kind in "fc" else np.ones(samples.shape, bool)
    if header.data_ignore_value is not None:
        valid &= ~is_ignored(samples, header.data_ignore_value)
    return valid


def is_ignored(samples: Any, value: int | float) -> Any:
    """Return which samples are the 'data ignore value': of a huge one also as a header rounds it."""
    kind = np.asarray(samples).dtype.kind
    if kind in "fc" and abs(value) >= _HUGE:
        return np.isclose(samples, np.asarray(samples).dtype.type(value), rtol=1e-5, atol=0)
    return np.asarray(samples == value)


def _offered(header: EnviHeader) -> list[Scaling]:
    offered: list[Scaling] = [] if header.reflectance_scale_factor is None else ["reflectance scale factor"]
    gains: tuple[Scaling, ...] = ("data gain values", "data reflectance gain values")
    written = {key for key, text in header.metadata.items() if text.strip("{} \n")}
    return offered + [key for key in gains if key in written or _OFFSETS[key] in written]


def _per_band(cube: EnviCube, key: str) -> npt.NDArray[np.float64] | None:
    text = cube.header.metadata.get(key, "")
    if not text.strip("{} \n"):
        return None
    bands = cube.shape[2]
    parsed = parse_numbers(text, bands)
    one_for_all = len(text.strip("{}[] ,\n").split()) == 1 and "," not in text.strip("{}[] ,\n")
    numbers = parse_numbers(text, 1).values if one_for_all else parsed.values
    if numbers is None or not np.isfinite(numbers).all():
        problem = parsed.problem if numbers is None else "holds a value that is not finite"
        raise _error(cube, f"'{key}' {problem} for {bands} bands; correct the header, or use the samples as they are")
    return numbers


def _error(cube: EnviCube, message: str) -> EnviError:
    return EnviError(f"{cube.header_path}: {message}", path=str(cube.header_path))
