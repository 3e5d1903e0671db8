"""What a model is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import ModelError

__all__ = ["LineFunction", "Model", "check_bands", "spectrum_at"]

LineFunction = Callable[[npt.NDArray[Any]], Mapping[str, npt.NDArray[Any]]]
"""Takes a line, ``(pixels, bands)``; returns an array for each sink."""


class Model(ABC):
    """Maps lines to named output sinks.

    A context binds a model to a camera once (`bind`: what does not fit is an error there) and then calls what it got
    for each line. One model may be bound to several cameras.

    Attributes
    ----------
    bands : int or None
        How many it takes; None for any number.
    """

    bands: int | None = None

    @property
    @abstractmethod
    def sinks(self) -> tuple[str, ...]:
        """The names of what it gives, in order."""

    @abstractmethod
    def apply(self, line: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]:
        """Return an array for each sink, first dimension pixels.

        Parameters
        ----------
        line : ndarray
            ``(pixels, bands)``, reflectance or counts; NaN where a value is not valid.
        """

    def to_plain(self) -> dict[str, Any]:
        """Return as JSON data what a file should say of it: its kind, and what it was made with.

        A class of your own says its name, unless it says more.
        """
        return {"kind": type(self).__name__}

    def bind(self, pixels: int, wavelengths: npt.NDArray[np.float64]) -> LineFunction:
        """Return what is to be called for each line of a camera.

        Parameters
        ----------
        pixels : int
        wavelengths : ndarray
            nm, ascending, ``(bands,)``.

        Raises
        ------
        ModelError
            The model does not fit the camera.
        """
        del pixels
        check_bands(self, self.bands, len(wavelengths))
        return self.apply


def check_bands(model: Model, wanted: int | None, there: int) -> None:
    """Refuse another number of bands than a model takes.

    Raises
    ------
    ModelError
        With both numbers.
    """
    if wanted is not None and wanted != there:
        raise ModelError(
            f"{type(model).__name__} takes {wanted} bands, the camera delivers {there}; set its region and binning as "
            "they were when the model was made, or give the model that belongs to this camera"
        )


def spectrum_at(
    spectra: npt.NDArray[np.float64],
    known: npt.NDArray[np.float64],
    wavelengths: npt.NDArray[np.float64],
    what: str,
) -> npt.NDArray[np.float64]:
    """Return spectra, ``(n, known)``, at a camera's wavelengths, interpolated linearly.

    Raises
    ------
    ModelError
        They do not cover them; both ranges are named.
    """
    if wavelengths[0] < known[0] or wavelengths[-1] > known[-1]:
        raise ModelError(
            f"{what} are known from {known[0]:g} to {known[-1]:g} nm, the camera sees {wavelengths[0]:g} to "
            f"{wavelengths[-1]:g} nm; give spectra that cover these, or record fewer bands"
        )
    return np.array([np.interp(wavelengths, known, spectrum) for spectrum in spectra])
