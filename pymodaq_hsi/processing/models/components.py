"""Principal components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import ModelError
from pymodaq_hsi.processing.models.base import Model

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PrincipalComponents"]


class PrincipalComponents(Model):
    """Scores of pixels on components, and what is left of them without.

    Parameters
    ----------
    mean : array_like
        ``(bands,)``.
    components : array_like
        Orthonormal rows, ``(n, bands)``.
    explained : array_like, optional
        Share of the variance that each explains, ``(n,)``.

    Notes
    -----
    Sinks: "Scores", float32 ``(pixels, n)``; "Residual", float32 ``(pixels,)``, the root mean square over the bands of
    what the components do not say. NaN for a pixel that is not valid.
    """

    kind: ClassVar[str] = "principal_components"

    def __init__(self, mean: npt.ArrayLike, components: npt.ArrayLike, explained: npt.ArrayLike | None = None) -> None:
        self.mean = np.asarray(mean, float)
        self.components = np.atleast_2d(np.asarray(components, float))
        if self.mean.ndim != 1 or self.components.shape[1:] != self.mean.shape:
            raise ModelError(
                f"a mean of shape {self.mean.shape} and components of {self.components.shape} do not belong together; "
                "give (bands,) and (components, bands)"
            )
        if not np.allclose(self.components @ self.components.T, np.eye(len(self.components)), atol=1e-6):
            raise ModelError("the components are not orthonormal; fit them anew, or normalise them")
        self._columns = np.ascontiguousarray(self.components.T)
        self.explained = None if explained is None else np.asarray(explained, float)
        self.bands = self.mean.size

    @classmethod
    def fit(cls, data: npt.ArrayLike, components: int = 3) -> Self:
        """Find the components of a cube, ``(..., bands)``; pixels that are not valid (NaN) are left out.

        Each component points where its largest entry is positive, so that two fits agree.

        Raises
        ------
        ModelError
            More components than bands, or fewer than two valid pixels.
        """
        array = np.asarray(data, float)
        pixels = array.reshape(-1, array.shape[-1])
        pixels = pixels[np.isfinite(pixels).all(axis=1)]
        bands = pixels.shape[1]
        if not isinstance(components, int | np.integer) or not 1 <= components <= bands:
            raise ModelError(f"{components!r} components of {bands} bands; give a whole number from 1 to {bands}")
        if len(pixels) < 2:
            raise ModelError(f"{len(pixels)} valid pixels have no components; give a cube with more of them")
        mean = pixels.mean(axis=0)
        values, vectors = np.linalg.eigh(np.cov(pixels - mean, rowvar=False).reshape(bands, bands))
        chosen = vectors[:, ::-1][:, :components].T
        chosen = chosen * np.sign(np.take_along_axis(chosen, np.abs(chosen).argmax(axis=1, keepdims=True), 1))
        total = values.sum()
        return cls(mean, chosen, values[::-1][:components] / total if total > 0 else np.zeros(components))

    @property
    def sinks(self) -> tuple[str, ...]:
        """Two: "Scores" and "Residual"."""
        return ("Scores", "Residual")

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON data."""
        said = {"kind": self.kind, "mean": self.mean.tolist(), "components": self.components.tolist()}
        return said if self.explained is None else said | {"explained": self.explained.tolist()}

    def apply(self, line: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]:
        """Return scores and residual of a line."""
        centred = line.astype(np.float64)  # converted first: NumPy takes longer where it converts while it subtracts
        centred -= self.mean
        scores = centred @ self._columns
        # components are orthonormal: what they say and what is left add up, as squares
        left = np.einsum("ij,ij->i", centred, centred) - np.einsum("ij,ij->i", scores, scores)
        residual = np.sqrt(np.maximum(left, 0) / self.mean.size)
        return {"Scores": scores.astype(np.float32), "Residual": residual.astype(np.float32)}
