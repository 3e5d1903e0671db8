"""The data model: axes, arrays with axes, and sets of them.

>>> import numpy as np
>>> from h5modules.data import Axis, DataRaw, DataToExport
>>> frame = DataRaw(
...     "frame",
...     data=[np.zeros((256, 640))],
...     axes=[Axis("wavelength", "nm", np.linspace(400.0, 1000.0, 256), index=0), Axis("x", size=640, index=1)],
... )
>>> DataToExport("camera", data=[frame])
DataToExport: camera <len:1>
    * <DataRaw: frame <u: > <len:1> (|256, 640)>
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from h5modules.data._pint import yield_to_data
from h5modules.data._warnings import DataDimWarning, DataIndexWarning, DataSizeWarning, DataTypeWarning
from h5modules.data.axes_manager import AxesManagerSpread, AxesManagerUniform
from h5modules.data.axis import Axis, NavAxis
from h5modules.data.base import DataBase, DataLowLevel
from h5modules.data.enums import (
    Averaging,
    BaseEnum,
    DataDim,
    DataDistribution,
    DataSource,
    DwaType,
    enum_checker,
)
from h5modules.data.export import DataToExport
from h5modules.data.with_axes import DataCalculated, DataFromPlugins, DataFromRoi, DataRaw, DataWithAxes
from h5modules.errors import (
    AxisError,
    AxisNotFound,
    DataDimError,
    DataError,
    DataIndexError,
    DataLengthError,
    DataNotFound,
    DataShapeError,
    DataTypeError,
    DataUnitError,
    UnknownMember,
)

if TYPE_CHECKING:
    from typing import Any

yield_to_data()


def __getattr__(name: str) -> Any:
    """Return pint's Quantity (``Q_``), Unit or registry (``ureg``), which are loaded when they are asked for."""
    if name not in ("Q_", "Unit", "ureg"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from h5modules.data._pint import registry

    found = registry()
    return {"Q_": found.Quantity, "Unit": found.Unit, "ureg": found}[name]


__all__ = [
    "Averaging",
    "AxesManagerSpread",
    "AxesManagerUniform",
    "Axis",
    "AxisError",
    "AxisNotFound",
    "BaseEnum",
    "DataBase",
    "DataCalculated",
    "DataDim",
    "DataDimError",
    "DataDimWarning",
    "DataDistribution",
    "DataError",
    "DataFromPlugins",
    "DataFromRoi",
    "DataIndexError",
    "DataIndexWarning",
    "DataLengthError",
    "DataLowLevel",
    "DataNotFound",
    "DataRaw",
    "DataShapeError",
    "DataSizeWarning",
    "DataSource",
    "DataToExport",
    "DataTypeError",
    "DataTypeWarning",
    "DataUnitError",
    "DataWithAxes",
    "DwaType",
    "NavAxis",
    "UnknownMember",
    "enum_checker",
]
