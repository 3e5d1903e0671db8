"""Data as xarray names it, for formats that xarray reads: what it reads, `DataWithAxes.from_xarray` turns back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from h5modules.browsing._attributes import json_ready

if TYPE_CHECKING:
    from h5modules.exporting._arrays import StoredArray
    from h5modules.exporting._stored import StoredData

__all__ = ["Labelled", "Variable", "labelled"]


@dataclass(frozen=True)
class Variable:
    """An array with its dimensions' names: one in the file, or a coordinate in memory."""

    name: str
    dims: tuple[str, ...]
    attributes: dict[str, Any]
    array: StoredArray | npt.NDArray[Any]


@dataclass(frozen=True)
class Labelled:
    """A dataset: sizes of dimensions, coordinates, variables, attributes."""

    sizes: dict[str, int]
    coordinates: list[Variable]
    variables: list[Variable]
    attributes: dict[str, Any]


def labelled(data: StoredData) -> Labelled:
    """Return names, dimensions and attributes as `DataWithAxes.to_xarray` makes them."""
    dataset = data.described.to_xarray()
    variables = [
        Variable(str(name), tuple(map(str, dataset[name].dims)), _attributes(dataset[name].attrs), array)
        for name, array in zip(dataset.data_vars, (*data.arrays, *data.errors), strict=True)
    ]
    coordinates = [
        Variable(str(name), tuple(map(str, item.dims)), _attributes(item.attrs), np.asarray(item.values))
        for name, item in dataset.coords.items()
    ]
    if data.measured is not None:
        coordinates.append(_measured(data, dataset))
    sizes = {str(name): int(size) for name, size in dataset.sizes.items()}
    return Labelled(sizes, coordinates, variables, _attributes(dataset.attrs))


def _measured(data: StoredData, dataset: Any) -> Variable:
    """Return what says which points of a scan were measured, as a coordinate of truth values."""
    assert data.measured is not None
    dims = tuple(map(str, next(iter(dataset.data_vars.values())).dims[: data.measured.ndim]))
    taken = {str(name) for name in (*dataset.variables, *dataset.dims)}
    name = next(name for name in ("measured", "point_measured", "scan_point_measured_") if name not in taken)
    return Variable(name, dims, {"long_name": "whether the point of the scan was measured"}, data.measured)


def _attributes(attributes: dict[Any, Any]) -> dict[str, Any]:
    """Return attributes in types that files have: text, numbers, lists of either; empty lists are left out."""
    result: dict[str, Any] = {}
    for name, value in attributes.items():
        plain = json_ready(value)
        if isinstance(plain, bool):
            plain = int(plain)
        if isinstance(plain, list):
            kinds = {type(item) for item in plain}
            if not plain:
                continue
            if not (kinds == {str} or kinds <= {int, float}):
                plain = json.dumps(plain)
        elif plain is None or isinstance(plain, dict):
            plain = json.dumps(plain)
        result[str(name)] = plain
    return result
