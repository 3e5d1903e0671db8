"""Networks in ONNX files, run by onnxruntime."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pymodaq_hsi.errors import ModelError
from pymodaq_hsi.processing.models.base import LineFunction, Model, check_bands

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

__all__ = ["OnnxModel"]

_TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64}


class OnnxModel(Model):
    """An ONNX file (https://onnx.ai) that takes spectra, on the processor.

    Parameters
    ----------
    path : str, path-like or bytes
        The file, or its content: a model with one input of floats: ``(pixels, bands)``, or
        ``(1, pixels, bands)``. Sizes may be open.

    Notes
    -----
    Its sinks are its outputs, by their names; a leading dimension of 1 is taken off where the input has one. Where a
    pixel has a band that is not valid, float outputs with a row per pixel are NaN and signed integers -1.

    Raises
    ------
    ModelError
        onnxruntime is not installed, there is no such file, or it is no such model.
    """

    def __init__(self, path: str | os.PathLike[str] | bytes) -> None:
        self.path = "the ONNX model" if isinstance(path, bytes) else str(Path(path))
        self._session = _session(self.path, path if isinstance(path, bytes) else None)
        self.sha256 = hashlib.sha256(path if isinstance(path, bytes) else Path(path).read_bytes()).hexdigest()
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or inputs[0].type not in _TYPES or len(inputs[0].shape) not in (2, 3):
            listed = ", ".join(f"{each.name}: {each.type} {each.shape}" for each in inputs)
            raise ModelError(
                f"{self.path} takes {listed or 'nothing'}; a model of lines takes one input of floats, (pixels, bands) "
                "or (1, pixels, bands)"
            )
        self._input = inputs[0].name
        self._dtype = _TYPES[inputs[0].type]
        shape = [size if isinstance(size, int) and size > 0 else None for size in inputs[0].shape]
        self._nested = len(shape) == 3
        if self._nested and shape[0] not in (None, 1):
            raise ModelError(f"{self.path} takes {shape[0]} lines at a time; export it for one")
        self.pixels, self.bands = shape[-2], shape[-1]
        self._outputs = tuple(each.name for each in self._session.get_outputs())

    @property
    def sinks(self) -> tuple[str, ...]:
        """The names of its outputs."""
        return self._outputs

    def to_plain(self) -> dict[str, Any]:
        """Return as JSON data which file it is from; its content by a digest."""
        return {"kind": "onnx", "file": self.path, "sha256": self.sha256}

    def bind(self, pixels: int, wavelengths: npt.NDArray[np.float64]) -> LineFunction:
        """Check that it takes such lines; see `Model.bind`."""
        check_bands(self, self.bands, len(wavelengths))
        if self.pixels not in (None, pixels):
            raise ModelError(
                f"{self.path} takes {self.pixels} pixels at a time, the camera delivers {pixels}; export it with that "
                "size open (a dynamic axis), or set the camera's region"
            )
        self.apply(np.zeros((pixels, len(wavelengths)), self._dtype))  # what else it does not take comes out here
        return self.apply

    def apply(self, line: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]:
        """Run it on a line."""
        given = np.ascontiguousarray(line, self._dtype)
        try:
            outputs = self._session.run(
                list(self._outputs), {self._input: given[np.newaxis] if self._nested else given}
            )
        except Exception as error:  # onnxruntime has no class of its own for what a model may raise
            raise ModelError(f"{self.path} failed on a line of shape {line.shape}: {_first_line(error)}") from error
        invalid = ~np.isfinite(given).all(axis=1)
        results = {}
        for name, output in zip(self._outputs, outputs, strict=True):
            array = np.asarray(output)
            if self._nested and array.ndim > 1 and array.shape[0] == 1:
                array = array[0]
            results[name] = _without(array, invalid)
        return results


def _without(array: npt.NDArray[Any], invalid: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    if invalid.any() and array.ndim and len(array) == len(invalid) and array.dtype.kind in "fi":
        array = array.copy()
        array[invalid] = np.nan if array.dtype.kind == "f" else -1
    return array


def _session(path: str, content: bytes | None) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise ModelError(f"{path} needs onnxruntime: pip install pymodaq-hsi[onnx]") from None
    if content is None and not Path(path).is_file():
        raise ModelError(f"there is no file {path}; give an ONNX model")
    try:
        return onnxruntime.InferenceSession(content or path, providers=["CPUExecutionProvider"])
    except Exception as error:  # as above
        raise ModelError(f"{path} cannot be loaded as an ONNX model: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
