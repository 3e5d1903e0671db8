"""The spectral angle mapper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import ModelError
from pymodaq_hsi.processing.models.base import LineFunction, Model, check_bands, spectrum_at

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SpectralAngleMapper"]

DEFAULT_THRESHOLD = 0.1


class SpectralAngleMapper(Model):
    """Names the known spectrum whose direction is nearest to a pixel's; how bright the pixel is does not matter.

    The angle is ``arccos(s . e / (|s| |e|))`` (Kruse et al., Remote Sens. Environ. 44 (1993) 145,
    https://doi.org/10.1016/0034-4257(93)90013-N).

    Parameters
    ----------
    spectra : mapping of str to array_like
        Known spectra by the name of their class, each ``(bands,)``.
    wavelengths : array_like, optional
        nm, ascending, of the spectra; they are interpolated to the camera's. Without them the camera has to deliver as
        many bands as they have.
    threshold : float
        Largest angle, in radians, at which a pixel belongs to a class.

    Notes
    -----
    Sinks: "Class", int16 ``(pixels,)``, the number of the class in `classes`, -1 for none; "Angle", float32
    ``(pixels, classes)``, radians, NaN for a pixel that is not valid.
    """

    kind: ClassVar[str] = "spectral_angle"

    def __init__(
        self,
        spectra: Mapping[str, npt.ArrayLike],
        wavelengths: npt.ArrayLike | None = None,
        *,
        threshold: float = DEFAULT_THRESHOLD,
    ) -> None:
        self.classes = tuple(spectra)
        rows = [np.asarray(spectrum, float) for spectrum in spectra.values()]
        shapes = {row.shape for row in rows}
        if len(shapes) != 1 or rows[0].ndim != 1 or not rows[0].size:
            raise ModelError(
                f"the spectra have the shapes {sorted(shapes) or 'of none'}; give at least one, all with the same bands"
            )
        self._spectra = np.array(rows)
        if not np.isfinite(self._spectra).all() or not self._spectra.any(axis=1).all():
            raise ModelError("a spectrum has values that are no numbers, or is 0 everywhere: it has no direction")
        self._known = None if wavelengths is None else np.asarray(wavelengths, float)
        if self._known is not None and (self._known.shape != rows[0].shape or np.any(np.diff(self._known) <= 0)):
            raise ModelError(
                f"{self._known.shape} wavelengths do not belong to spectra of {rows[0].shape}; give as many, rising"
            )
        self.bands = rows[0].size if self._known is None else None
        self.threshold = float(threshold)

    @property
    def sinks(self) -> tuple[str, ...]:
        """Two: "Class" and "Angle"."""
        return ("Class", "Angle")

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON data."""
        spectra = {name: row.tolist() for name, row in zip(self.classes, self._spectra, strict=True)}
        said: dict[str, Any] = {"kind": self.kind, "spectra": spectra, "threshold": self.threshold}
        return said if self._known is None else said | {"wavelengths": self._known.tolist()}

    def bind(self, pixels: int, wavelengths: npt.NDArray[np.float64]) -> LineFunction:
        """Bring the spectra to the camera's wavelengths; see `Model.bind`."""
        del pixels
        check_bands(self, self.bands, len(wavelengths))
        spectra = self._spectra
        if self._known is not None:
            spectra = spectrum_at(spectra, self._known, wavelengths, "the spectra of the classes")
        columns = _columns(spectra)
        return lambda line: self._map(line, columns)

    def apply(self, line: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]:
        """Map a line that has the bands of the spectra."""
        return self._map(line, _columns(self._spectra))

    def _map(self, line: npt.NDArray[Any], columns: npt.NDArray[np.float64]) -> Mapping[str, npt.NDArray[Any]]:
        spectra = line.astype(np.float64)
        length = np.sqrt(np.einsum("ij,ij->i", spectra, spectra))[:, np.newaxis]
        cosine = np.full((len(line), columns.shape[1]), np.nan)
        np.divide(spectra @ columns, length, out=cosine, where=length > 0)
        angle = np.arccos(np.clip(cosine, -1, 1))
        known = np.isfinite(angle).all(axis=1)
        nearest = np.full(len(line), -1, np.int16)
        nearest[known] = angle[known].argmin(axis=1)
        nearest[known & (np.where(known[:, np.newaxis], angle, np.inf).min(axis=1) > self.threshold)] = -1
        return {"Class": nearest, "Angle": angle.astype(np.float32)}


def _columns(spectra: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return spectra of length 1 as columns, ``(bands, classes)``."""
    return np.ascontiguousarray((spectra / np.linalg.norm(spectra, axis=1, keepdims=True)).T)
