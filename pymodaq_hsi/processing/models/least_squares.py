"""Partial least squares regression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import ModelError
from pymodaq_hsi.processing.models.base import Model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["PartialLeastSquares"]


class PartialLeastSquares(Model):
    """Predicts quantities, such as moisture or fat, as linear combinations of the bands.

    Parameters
    ----------
    coefficients : array_like
        ``(bands, quantities)``, or ``(bands,)`` for one.
    intercept : array_like
        ``(quantities,)``.
    names : sequence of str
        Of the quantities.

    Notes
    -----
    A sink for each quantity, by its name: float32 ``(pixels,)``, NaN for a pixel that is not valid.
    """

    kind: ClassVar[str] = "partial_least_squares"

    def __init__(
        self, coefficients: npt.ArrayLike, intercept: npt.ArrayLike = 0.0, names: Sequence[str] = ("Prediction",)
    ) -> None:
        table = np.asarray(coefficients, float)
        self.coefficients = table[:, np.newaxis] if table.ndim == 1 else table
        self.names = tuple(map(str, names))
        if self.coefficients.ndim != 2 or not self.coefficients.size or not np.isfinite(self.coefficients).all():
            raise ModelError(f"coefficients of shape {table.shape}; give finite numbers, (bands, quantities)")
        quantities = self.coefficients.shape[1]
        if len(self.names) != quantities or len(set(self.names)) != quantities:
            raise ModelError(f"{quantities} quantities have the names {self.names}; give a name of its own to each")
        shift = np.asarray(intercept, float)
        if shift.shape not in ((), (quantities,)) or not np.isfinite(shift).all():
            raise ModelError(f"{quantities} quantities have intercepts of shape {shift.shape}; give one for each")
        self.intercept = np.broadcast_to(shift, (quantities,)).copy()
        self.bands = len(self.coefficients)

    @classmethod
    def fit(
        cls, spectra: npt.ArrayLike, known: npt.ArrayLike, components: int = 5, names: Sequence[str] | None = None
    ) -> Self:
        """Learn from spectra whose quantities are known.

        SIMPLS (de Jong, Chemom. Intell. Lab. Syst. 18 (1993) 251, https://doi.org/10.1016/0169-7439(93)85002-X), on
        data of which the mean is taken off and which are not scaled. Spectra that are not valid (NaN) are left out.

        Parameters
        ----------
        spectra : array_like
            ``(n, bands)``.
        known : array_like
            ``(n,)`` or ``(n, quantities)``.
        components : int
        names : sequence of str, optional

        Raises
        ------
        ModelError
            The numbers of spectra and of known values differ, or there are more components than they allow.
        """
        x, y = np.asarray(spectra, float), np.asarray(known, float)
        y = y[:, np.newaxis] if y.ndim == 1 else y
        if x.ndim != 2 or y.ndim != 2 or len(x) != len(y):
            raise ModelError(f"spectra of shape {x.shape} do not go with known values of {y.shape}; give one for each")
        good = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)
        x, y = x[good], y[good]
        most = min(len(x) - 1, x.shape[1])
        if most < 1:
            raise ModelError(
                f"{len(x)} of the spectra are valid and have known values that are numbers; at least 2 are needed"
            )
        if not isinstance(components, int | np.integer) or not 1 <= components <= most:
            raise ModelError(
                f"{components!r} components of {len(x)} valid spectra of {x.shape[1]} bands; give 1 to {most}"
            )
        middle, level = x.mean(axis=0), y.mean(axis=0)
        coefficients = _simpls(x - middle, y - level, components)
        if names is None:
            names = ["Prediction"] if y.shape[1] == 1 else [f"Prediction {number}" for number in range(y.shape[1])]
        return cls(coefficients, level - middle @ coefficients, names)

    @property
    def sinks(self) -> tuple[str, ...]:
        """The names of the quantities."""
        return self.names

    def apply(self, line: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]:
        """Return the quantities of a line."""
        found = (line.astype(np.float64) @ self.coefficients + self.intercept).astype(np.float32)
        return {name: np.ascontiguousarray(column) for name, column in zip(self.names, found.T, strict=True)}

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "kind": self.kind,
            "coefficients": self.coefficients.tolist(),
            "intercept": self.intercept.tolist(),
            "names": list(self.names),
        }


def _simpls(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], components: int) -> npt.NDArray[np.float64]:
    """Return coefficients, ``(bands, quantities)``, for centred data; fewer components if they say all there is."""
    bands, quantities = x.shape[1], y.shape[1]
    cross = x.T @ y
    enough = 1e-12 * np.linalg.norm(cross)
    basis = np.zeros((bands, 0))
    coefficients = np.zeros((bands, quantities))
    for _ in range(components):
        if np.linalg.norm(cross) <= enough:
            break
        weight = np.linalg.svd(cross, full_matrices=False)[0][:, 0]
        scores = x @ weight
        length = np.linalg.norm(scores)
        scores, weight = scores / length, weight / length
        loading = x.T @ scores
        coefficients += np.outer(weight, scores @ y)
        direction = loading - basis @ (basis.T @ loading)
        direction -= basis @ (basis.T @ direction)  # again, because the first time leaves what was rounded
        direction /= np.linalg.norm(direction)
        basis = np.column_stack([basis, direction])
        cross = cross - np.outer(direction, direction @ cross)
    return coefficients
