"""A model bound to the lines that it is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import HsiError, ModelError
from pymodaq_hsi.processing.steps.base import float_type
from pymodaq_hsi.processing.validity import NO_NUMBER, Validity

if TYPE_CHECKING:
    from pymodaq_hsi.processing.models.base import Model

__all__ = ["BoundModel", "Sink"]

_UNUSABLE = NO_NUMBER | Validity.SATURATED


@dataclass(frozen=True)
class Sink:
    """What comes out of a model for each line.

    Attributes
    ----------
    name : str
    shape : tuple of int
        The first dimension is pixels.
    dtype : dtype
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class BoundModel:
    """A model for lines of known pixels, wavelengths and type.

    Parameters
    ----------
    model : Model
    pixels, bands : int
    wavelengths : ndarray
        nm, rising, ``(bands,)``.
    dtype : dtype
        Of the lines. Whole numbers are given to the model as floats, so that what is not valid can be NaN.

    Attributes
    ----------
    sinks : tuple of Sink
        Found out with a line of ones.
    classes : tuple of str
        Names of the classes whose numbers the model gives, if it has any.

    Raises
    ------
    ModelError
        It is no model, does not fit, or does not give what it announces.
    """

    def __init__(
        self, model: Model, pixels: int, bands: int, wavelengths: npt.NDArray[np.float64], dtype: npt.DTypeLike
    ) -> None:
        if not (hasattr(model, "bind") and hasattr(model, "sinks")):
            raise ModelError(
                f"processing needs a model, not {model!r:.60}; give one of pymodaq_hsi.processing.models, or a "
                "subclass of its Model"
            )
        self.model = model
        self._names = tuple(model.sinks)
        self._apply = model.bind(pixels, wavelengths)
        given = np.dtype(dtype)
        self._dtype = given if given.kind == "f" else float_type(given)
        self.sinks: tuple[Sink, ...] = ()
        tried = self._asked(np.ones((pixels, bands), self._dtype))
        wrong = [name for name, array in tried.items() if array.ndim == 0 or array.dtype.kind not in "biuf"]
        if wrong:
            array = tried[wrong[0]]
            raise ModelError(
                f"the sink {wrong[0]} of {type(model).__name__} gives {array.dtype} of shape {array.shape}; numbers "
                f"for each of the {pixels} pixels are needed"
            )
        self.classes: tuple[str, ...] = tuple(map(str, getattr(model, "classes", ())))
        self.sinks = tuple(Sink(name, array.shape, array.dtype) for name, array in tried.items())

    def answer(self, line: npt.NDArray[Any], flags: npt.NDArray[np.uint8] | None = None) -> dict[str, npt.NDArray[Any]]:
        """Return what the model says of a line.

        Parameters
        ----------
        line : ndarray
            ``(pixels, bands)``, NaN where a value is not valid.
        flags : ndarray, optional
            uint8 of `Validity`, of a line of counts, which has no NaN: what is not valid or saturated is NaN for the
            model.

        Returns
        -------
        dict of str to ndarray
            By sink.

        Raises
        ------
        ModelError
            The model failed, or an answer has another shape or type than that of the line that it was tried with.
        """
        if flags is not None:
            line = line.astype(self._dtype)
            line[(flags & _UNUSABLE) != 0] = np.nan
        answers = self._asked(line)
        for sink in self.sinks:
            got = answers[sink.name]
            if got.shape != sink.shape or got.dtype != sink.dtype:
                raise ModelError(
                    f"the sink {sink.name} of {type(self.model).__name__} gave {got.dtype} of shape {got.shape}, and "
                    f"{sink.dtype} of {sink.shape} before; a model gives the same for every line"
                )
        return answers

    def block(self, lines: npt.NDArray[Any], flags: npt.NDArray[np.uint8] | None = None) -> dict[str, npt.NDArray[Any]]:
        """Return what the model says of many lines, ``(lines, pixels, bands)``: line by line, the same to the bit."""
        found = {sink.name: np.empty((len(lines), *sink.shape), sink.dtype) for sink in self.sinks}
        for number, line in enumerate(lines):
            for name, array in self.answer(line, None if flags is None else flags[number]).items():
                found[name][number] = array
        return found

    def _asked(self, line: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        try:
            with np.errstate(all="ignore"):  # what comes of NaN and of zero is said by NaN
                answers = self._apply(line)
        except HsiError:
            raise
        except Exception as error:  # strangers' code
            raise ModelError(
                f"{type(self.model).__name__} failed on a line of {line.dtype} and shape {line.shape}: "
                f"{type(error).__name__}: {error}"
            ) from error
        if not isinstance(answers, Mapping):
            raise ModelError(
                f"{type(self.model).__name__} gives {type(answers).__name__}; it should be a dict with an array for "
                f"each of its sinks ({', '.join(self._names)})"
            )
        missing = [name for name in self._names if name not in answers]
        if missing:
            raise ModelError(
                f"{type(self.model).__name__} announces the sink {missing[0]}, and gives {', '.join(answers) or 'none'}"
            )
        return {name: np.asarray(answers[name]) for name in self._names}
