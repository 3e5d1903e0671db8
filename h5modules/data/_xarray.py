"""The door to xarray: datasets that hold all that a data object holds, and back.

The attributes are those that pymodaq_data writes and reads, so that its datasets open here and ours there; what it
leaves out (timestamp, path, class, extra attributes, spacing of the axes) stands beside them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from h5modules.data._units import conversion, convert
from h5modules.data.axis import Axis
from h5modules.data.enums import DataDistribution
from h5modules.errors import AxisError, DataError, DataShapeError, DataTypeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from h5modules.data.export import DataToExport
    from h5modules.data.with_axes import DataWithAxes

__all__ = ["dte_from_xarray", "dte_to_xarray", "dwa_from_xarray", "dwa_to_xarray"]

OWN = "pymodaq_"
"""Start of the names of the attributes that are ours to interpret."""
PLAIN = (str, int, float)

D = TypeVar("D", bound="DataToExport")


def _xarray() -> Any:
    try:
        import xarray
    except ImportError as error:
        raise DataError(
            "conversion to and from xarray needs it: install the extra pymodaq-hsi[lazy] (xarray and dask)"
        ) from error
    return xarray


class _Names:
    """Names for variables and dimensions of one dataset, each given once."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def new(self, wanted: str, otherwise: str) -> str:
        """Give the name that is wanted if it can be had, or one like it."""
        stem = wanted.replace("/", "_") or otherwise
        name, count = stem, 0
        while name in self._given:
            count += 1
            name = f"{stem}_{count}"
        self._given.add(name)
        return name


def dwa_to_xarray(dwa: DataWithAxes) -> Any:
    """Convert to an `xarray.Dataset`.

    Each array is a variable named by its label, its errors a variable ``<label>_error``; each axis is a coordinate, and
    names its dimension. Names that are empty or taken are changed; those that count are in the attributes.
    """
    names = _Names()
    variables = [names.new(label, f"CH{index:02d}") for index, label in enumerate(dwa.labels)]
    error_variables = [names.new(f"{variable}_error", "") for variable in variables] if dwa.errors is not None else []
    dims, coordinates = [], {}
    for index in range(len(dwa.shape)):
        axes = [axis for axis in dwa.get_axis_from_index(index) if axis is not None]
        dims.append(names.new(axes[0].label if axes else "", f"dim_{index}"))
        for place, axis in enumerate(axes):
            name = names.new(axis.label, f"dim_{index}_{axis.spread_order}") if place else dims[index]
            coordinates[name] = (dims[index], axis.get_data(), _axis_attributes(axis))
    contents = dict(zip(variables, dwa.data, strict=True))
    contents.update(zip(error_variables, dwa.errors or [], strict=True))
    dataset = _xarray().Dataset(
        {name: (dims, array) for name, array in contents.items()}, coords=coordinates, attrs=_attributes(dwa)
    )
    dataset.attrs[f"{OWN}nav_dims"] = [dims[index] for index in dwa.nav_indexes]
    if dwa.distribution is DataDistribution.spread:
        dataset.attrs[f"{OWN}spread_dim_names"] = [dims[index] for index in dwa.nav_indexes]
    dataset.attrs[f"{OWN}data_vars"] = variables
    if error_variables:
        dataset.attrs[f"{OWN}error_vars"] = error_variables
    for variable in [*variables, *error_variables]:
        dataset[variable].attrs["units"] = dwa.units
    return dataset


def _axis_attributes(axis: Axis) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "units": axis.units,
        f"{OWN}label": axis.label,
        "spread_order": axis.spread_order,
    }
    if not axis.holds_values and axis.scaling is not None and axis.offset is not None:
        attributes.update({f"{OWN}scaling": axis.scaling, f"{OWN}offset": axis.offset})
    return attributes


def _attributes(dwa: DataWithAxes) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "name": dwa.name,
        "origin": dwa.origin,
        "source": dwa.source.name,
        "distribution": dwa.distribution.name,
        "units": dwa.units,
        "nav_indexes": list(dwa.nav_indexes),
        "labels": list(dwa.labels),
        "class": type(dwa).__name__,
        "timestamp": dwa.timestamp,
        "path": dwa.path,
    }
    if dwa.dim is not dwa.get_dim_from_data_axes():
        attributes["dim"] = dwa.dim.name
    return {**{OWN + key: value for key, value in attributes.items()}, **_extra_attributes(dwa)}


def _extra_attributes(data: DataWithAxes | DataToExport) -> dict[str, Any]:
    """Extra attributes: texts and numbers under their own names, what JSON can hold as one text, the rest as it is."""
    attributes: dict[str, Any] = {f"{OWN}extra_attributes": list(data.extra_attributes)}
    encoded = {}
    for name in data.extra_attributes:
        value = getattr(data, name)
        if type(value) in PLAIN and not name.startswith(OWN):
            attributes[name] = value
        else:
            try:
                encoded[name] = _encoded(value)
            except TypeError:
                attributes[f"{OWN}extra_{name}"] = value
    if encoded:
        attributes[f"{OWN}extra_json"] = json.dumps(encoded)
    return attributes


def _encoded(value: Any) -> Any:
    """Encode as what JSON gives back as it was: tuples are told from lists."""
    if value is None or type(value) in (bool, str, int, float):
        return value
    if type(value) is list:
        return [_encoded(item) for item in value]
    if type(value) is tuple:
        return {"tuple": [_encoded(item) for item in value]}
    if type(value) is dict and all(type(key) is str for key in value):
        return {"dict": {key: _encoded(item) for key, item in value.items()}}
    raise TypeError(type(value).__name__)


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if isinstance(value, dict):
        if "tuple" in value:
            return tuple(_decoded(item) for item in value["tuple"])
        return {key: _decoded(item) for key, item in value["dict"].items()}
    return value


def _read_extra(attributes: Mapping[str, Any]) -> dict[str, Any]:
    encoded = json.loads(attributes.get(f"{OWN}extra_json", "{}"))
    extra = {}
    for name in _list(attributes.get(f"{OWN}extra_attributes", [])):
        if name in encoded:
            extra[name] = _decoded(encoded[name])
        elif f"{OWN}extra_{name}" in attributes:
            extra[name] = attributes[f"{OWN}extra_{name}"]
        elif name in attributes:
            extra[name] = _plain(attributes[name])
    return extra


def _plain(value: Any) -> Any:
    """Restore a number that a file format may have given back as one of NumPy."""
    return value.item() if isinstance(value, np.generic) else value


def _add_attributes_of_others(data: DataWithAxes, attributes: Mapping[Any, Any]) -> None:
    """Make extra attributes of those that somebody else added, with another name where that is taken."""
    for name, value in attributes.items():
        if isinstance(name, str) and not name.startswith(OWN) and name not in ("units", *data.extra_attributes):
            data.add_extra_attribute(**{f"{name}_" if hasattr(data, name) else name: _plain(value)})


def _list(value: Any) -> list[Any]:
    """Restore a list that a file format may have given back as an array, or as its only element."""
    return [value] if isinstance(value, str) else np.atleast_1d(value).tolist()


def dwa_from_xarray(
    kinds: Mapping[str, Callable[..., DataWithAxes]], default: Callable[..., DataWithAxes], source: Any
) -> DataWithAxes:
    """Make data of an `xarray.Dataset` or `xarray.DataArray`, of ours or any other.

    Parameters
    ----------
    kinds : mapping of str to type
        Classes by name.
    default : type
        Class for what names none.
    source : xarray.Dataset or xarray.DataArray
        Its variables share their dimensions; one-dimensional coordinates along them are axes.
    """
    xarray = _xarray()
    if isinstance(source, xarray.DataArray):
        source = source.to_dataset(name=source.name or "CH00", promote_attrs=True)
    if not isinstance(source, xarray.Dataset) or not source.data_vars:
        raise DataTypeError(f"{type(source).__name__} is no xarray Dataset or DataArray with data in it")
    attributes = source.attrs
    labels, error_variables = _variables(source)
    variables = list(labels)
    dims = source[variables[0]].dims
    for name in [*variables, *filter(None, error_variables)]:
        if source[name].dims != dims:
            raise DataShapeError(
                f"variables {variables[0]!r} with dimensions {dims} and {name!r} with {source[name].dims} cannot be "
                "arrays of one data object: select variables of the same dimensions, dataset[[name, ...]]"
            )
    state = {key: _plain(attributes[OWN + key]) for key in ("timestamp", "path") if OWN + key in attributes}
    units = attributes.get(f"{OWN}units", source[variables[0]].attrs.get("units", ""))
    data = [_array(source[name], units) for name in variables]
    dwa = kinds.get(attributes.get(f"{OWN}class", ""), default)(
        attributes.get(f"{OWN}name", str(variables[0])),
        source="raw",
        distribution=attributes.get(f"{OWN}distribution", DataDistribution.uniform),
        data=data,
        labels=list(labels.values()),
        origin=attributes.get(f"{OWN}origin", ""),
        units=units,
        axes=_axes(source, dims),
        nav_indexes=_nav_indexes(attributes, dims),
        errors=_errors(source, error_variables, data, units),
        **state,
        **_read_extra(attributes),
    )
    dwa.source = attributes.get(f"{OWN}source", "raw")
    if f"{OWN}dim" in attributes:
        dwa.set_dim(attributes[f"{OWN}dim"])
    _add_attributes_of_others(dwa, attributes)
    return dwa


def _variables(dataset: Any) -> tuple[dict[Any, str], list[Any]]:
    """Find the variables with their labels, and for each that of its errors or None, in the order in which they were.

    Neither a file (Zarr's are in that of the file system) nor a selection need have kept all of them in order.
    """
    attributes = dataset.attrs
    errors = _list(attributes.get(f"{OWN}error_vars", []))
    present = [name for name in dataset.data_vars if name not in errors]
    known = _list(attributes.get(f"{OWN}labels", []))
    named = _list(attributes.get(f"{OWN}data_vars", known if set(known) == set(present) else present))
    labels = dict(zip(named, known, strict=False))
    order = [*(name for name in named if name in present), *(name for name in present if name not in named)]
    bars = {name: error for name, error in zip(named, errors, strict=False) if error in dataset}
    return {name: labels.get(name, str(name)) for name in order}, [bars.get(name) for name in order]


def _nav_indexes(attributes: Mapping[str, Any], dims: tuple[Any, ...]) -> tuple[int, ...]:
    """Find the navigation dimensions by name, since selections in xarray leave the attributes as they were."""
    if f"{OWN}nav_dims" in attributes:
        return tuple(dims.index(dim) for dim in _list(attributes[f"{OWN}nav_dims"]) if dim in dims)
    return tuple(int(index) for index in _list(attributes.get(f"{OWN}nav_indexes", [])))


def _array(variable: Any, units: str) -> Any:
    return _shaped(convert(variable.data, variable.attrs.get("units", units), units))


def _shaped(array: Any) -> Any:
    return array if array.ndim else array.reshape(1)


def _errors(dataset: Any, names: list[Any], data: list[Any], units: str) -> list[Any] | None:
    """Make arrays of errors, of NaN for those that are not known."""
    if not any(names):
        return None
    factor = {name: abs(conversion(dataset[name].attrs.get("units", units), units)[0]) for name in names if name}
    return [
        _shaped(dataset[name].data * factor[name] if factor[name] != 1.0 else dataset[name].data)
        if name
        else np.full(array.shape, np.nan)
        for name, array in zip(names, data, strict=True)
    ]


def _axes(dataset: Any, dims: tuple[Any, ...]) -> list[Axis]:
    axes: list[Axis] = []
    for name, coordinate in dataset.coords.items():
        if coordinate.ndim != 1 or coordinate.dims[0] not in dims or coordinate.dtype.kind == "b":  # a mask is no axis
            continue
        index = dims.index(coordinate.dims[0])
        attributes, values = coordinate.attrs, np.asarray(coordinate.values)
        units = attributes.get("units", "")
        if values.dtype.kind in "mM":
            values, units = values.astype(f"{values.dtype.kind}8[ns]").astype(np.int64) / 1e9, "s"
        if values.dtype.kind not in "iuf":
            raise AxisError(
                f"coordinate {name!r} of dtype {values.dtype} is no axis: numbers were expected; drop it with "
                f"dataset.drop_vars({name!r})"
            )
        order = attributes.get("spread_order", sum(axis.index == index for axis in axes))
        axis = Axis(attributes.get(f"{OWN}label", str(name)), units, values, index, spread_order=int(order))
        line = attributes.get(f"{OWN}scaling"), attributes.get(f"{OWN}offset")
        if None not in line and np.array_equal(line[1] + line[0] * np.arange(values.size), values):
            axis.make_line(float(line[0]), float(line[1]))
        axes.append(axis)
    return axes


def dte_to_xarray(dte: DataToExport) -> Any:
    """Convert to an `xarray.DataTree`."""
    names = _Names()
    xarray = _xarray()
    if not hasattr(xarray, "DataTree"):
        raise DataError(f"a DataTree needs xarray 2024.10 or newer, and this is {xarray.__version__}: upgrade it")
    nodes = {names.new(dwa.name, f"data_{index}"): dwa_to_xarray(dwa) for index, dwa in enumerate(dte)}
    state = {"name": dte.name, "timestamp": dte.timestamp, "nodes": list(nodes)}
    root = {**{OWN + key: value for key, value in state.items()}, **_extra_attributes(dte)}
    return xarray.DataTree.from_dict({"/": xarray.Dataset(attrs=root), **nodes})


def dte_from_xarray(kind: type[D], tree: Any, name: str | None) -> D:
    """Make a DataToExport of a tree, or of a mapping of names to datasets."""
    from h5modules.data.with_axes import DataWithAxes

    attributes: Mapping[str, Any] = getattr(tree, "attrs", {})
    if not isinstance(tree, Mapping):
        raise DataTypeError(f"{type(tree).__name__} is no xarray DataTree, and no mapping of names to datasets")
    nodes = {name: node.to_dataset() for name, node in tree.children.items()} if hasattr(tree, "children") else tree
    order = [name for name in _list(attributes.get(f"{OWN}nodes", [])) if name in nodes]
    data = [DataWithAxes.from_xarray(nodes[name]) for name in (*order, *(key for key in nodes if key not in order))]
    state = {"timestamp": _plain(attributes[f"{OWN}timestamp"])} if f"{OWN}timestamp" in attributes else {}
    return kind(
        attributes.get(f"{OWN}name", "dte") if name is None else name, data=data, **state, **_read_extra(attributes)
    )
