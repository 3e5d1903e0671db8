"""The errors of h5modules, one tree.

::

    H5ModulesError (RuntimeError)
    └── DataError                      data in memory; carries .data_name
        ├── DataTypeError (TypeError)      not numbers, not an array, not one of our classes
        ├── DataShapeError (ValueError)    arrays, error bars or axes whose shapes do not fit each other
        ├── DataLengthError (ValueError)   another number of arrays (or labels, or names) than was expected
        ├── DataDimError (ValueError)      a dimensionality that the arrays do not have
        ├── DataUnitError (ValueError)     units that cannot be converted into each other
        ├── AxisError (ValueError)         an axis that contradicts itself, its data or its neighbours
        │   └── AxisNotFound (LookupError)     no axis with that index or label
        ├── DataIndexError (IndexError)    a slice or an index outside the data
        └── DataNotFound (LookupError)     nothing with that name in a DataToExport

Every message says what was tried, on what, the value seen, the value expected and what to do next.
"""

from __future__ import annotations

__all__ = [
    "AxisError",
    "AxisNotFound",
    "DataDimError",
    "DataError",
    "DataIndexError",
    "DataLengthError",
    "DataNotFound",
    "DataShapeError",
    "DataTypeError",
    "DataUnitError",
    "H5ModulesError",
]


class H5ModulesError(RuntimeError):
    """Root of all errors that this package raises on purpose."""

    def __str__(self) -> str:  # KeyError would show its message as a repr
        return str(self.args[0]) if self.args else ""


class DataError(H5ModulesError):
    """Something about data in memory; `data_name` is the name of the data or the label of the axis, '' if unknown."""

    def __init__(self, message: str, *, data_name: str = "") -> None:
        super().__init__(message)
        self.data_name = data_name


class DataTypeError(DataError, TypeError):
    """Something else than an array of numbers, or than one of this package's classes."""


class DataShapeError(DataError, ValueError):
    """Arrays, error bars or axes whose shapes do not fit each other; the message has both."""


class DataLengthError(DataError, ValueError):
    """Another number of arrays, error bars or labels than was expected."""


class DataDimError(DataError, ValueError):
    """A dimensionality (Data0D, Data1D, ...) that the arrays do not have, or that is not known."""


class DataUnitError(DataError, ValueError):
    """Units that cannot be converted into each other, or that are not known."""


class AxisError(DataError, ValueError):
    """An axis that contradicts itself, the data it belongs to, or another axis."""


class AxisNotFound(AxisError, LookupError):
    """The data has no axis with the index or the label that was asked for."""


class DataIndexError(DataError, IndexError):
    """A slice, an index or a coordinate that the data does not have."""


class DataNotFound(DataError, LookupError):
    """A DataToExport holds nothing with the name that was asked for."""
