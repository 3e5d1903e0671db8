"""What data has to be before it is taken."""

from __future__ import annotations

import warnings
from numbers import Number
from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules.data._units import is_quantity
from h5modules.data._warnings import DataTypeWarning
from h5modules.errors import DataLengthError, DataShapeError, DataTypeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

__all__ = ["checked_arrays", "checked_errors", "checked_labels", "is_array", "unmasked"]


def is_array(value: object) -> bool:
    """Whether a value is an ndarray, or a lazy array (dask) that NumPy's functions work on."""
    if isinstance(value, np.ndarray):
        return True
    lazy = hasattr(value, "__array_function__") and hasattr(value, "dtype") and hasattr(value, "ndim")
    return lazy and not is_quantity(value)


def checked_arrays(data: Any, name: str) -> list[npt.NDArray[Any]]:
    """Check the arrays of a data object and put them into a list of their own.

    Raises
    ------
    DataTypeError
        If it is no list of arrays of numbers, of one dimension or more.
    DataShapeError
        If they have different shapes.
    """
    if (is_array(data) and data.ndim) or (isinstance(data, Number) and not isinstance(data, bool)):
        warnings.warn(
            f"{name!r} was given {_kind(data)}, taken as a list of one array: pass data=[array]",
            DataTypeWarning,
            stacklevel=6,
        )
        data = [data if is_array(data) else np.array([data])]
    if not isinstance(data, (list, tuple)) or not data:
        raise DataTypeError(
            f"the data of {name!r} is {_kind(data)}: a list of at least one array was expected, data=[array, ...]",
            data_name=name,
        )
    shape = None
    for array in data:
        if (type(array) is not np.ndarray and not is_array(array)) or array.ndim == 0:
            raise DataTypeError(
                f"the data of {name!r} holds {_kind(array)}: every element has to be an array of at least one "
                "dimension, such as numpy.array([3.2]) for a single value",
                data_name=name,
            )
        if array.dtype.kind not in "fiucb":
            raise DataTypeError(
                f"the data of {name!r} holds an array of dtype {array.dtype}: numbers (or booleans) were expected",
                data_name=name,
            )
        if shape is None:
            shape = array.shape
        elif array.shape != shape:
            raise DataShapeError(
                f"the data of {name!r} holds arrays of shapes {', '.join(str(a.shape) for a in data)}: arrays of one "
                "shape were expected; put the others into data objects of their own",
                data_name=name,
            )
    return [array if type(array) is np.ndarray else unmasked(array, name) for array in data]


def unmasked(array: Any, name: str) -> Any:
    """Return a masked array as a plain one with NaN for what is masked, since no file keeps masks; others as they are.

    Raises
    ------
    DataTypeError
        Elements of integers are masked, which know no NaN.
    """
    if not isinstance(array, np.ma.MaskedArray):
        return array
    if not np.ma.is_masked(array):
        return array.data
    if array.dtype.kind not in "fc":
        raise DataTypeError(
            f"{name!r} was given a masked array of dtype {array.dtype}, {np.count_nonzero(array.mask)} of {array.size} "
            "elements masked: give array.astype(float), whose masked elements become NaN, or array.filled(value)",
            data_name=name,
        )
    return array.filled(np.nan)


def checked_errors(errors: Any, data: Sequence[npt.NDArray[Any]], name: str) -> list[npt.NDArray[Any]] | None:
    """Error bars, one array for each array of the data and of its shape; None if there are none.

    Raises
    ------
    DataTypeError, DataLengthError, DataShapeError
    """
    if errors is None:
        return None
    if is_array(errors) or isinstance(errors, str) or not hasattr(errors, "__iter__"):
        raise DataTypeError(
            f"the errors of {name!r} are {_kind(errors)}: a list of arrays was expected", data_name=name
        )
    bars: list[npt.NDArray[Any]] = list(errors)
    if len(bars) != len(data):
        raise DataLengthError(
            f"{name!r} has {len(data)} arrays and {len(bars)} arrays of errors: one for each was expected",
            data_name=name,
        )
    for array, values in zip(bars, data, strict=True):
        if not is_array(array) or array.dtype.kind not in "fiu":
            raise DataTypeError(
                f"the errors of {name!r} hold {_kind(array)}: arrays of real numbers were expected", data_name=name
            )
        if array.shape != values.shape:
            raise DataShapeError(
                f"{name!r} has data of shape {values.shape} and errors of shape {array.shape}: the same was expected",
                data_name=name,
            )
    return [array if type(array) is np.ndarray else unmasked(array, name) for array in bars]


def checked_labels(labels: Any, length: int, name: str) -> list[str]:
    """Labels, one for each array: those missing are CH00, CH01, ... by their place.

    Raises
    ------
    DataTypeError, DataLengthError
    """
    labels = [] if labels is None else labels
    if isinstance(labels, str) or not all(isinstance(label, str) for label in labels):
        raise DataTypeError(f"the labels of {name!r} are {labels!r}: a list of str was expected", data_name=name)
    given: list[str] = list(labels)
    if len(given) > length:
        raise DataLengthError(f"{name!r} has {length} arrays and {len(given)} labels, {given}", data_name=name)
    return given + [f"CH{index:02d}" for index in range(len(given), length)]


def _kind(value: Any) -> str:
    if is_array(value):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    text = repr(value)
    return f"{text if len(text) < 60 else text[:57] + '...'} ({type(value).__name__})"
