"""Data whose dimensions have axes, and the kinds of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from h5modules.data._data_and_axes import DataAndAxes
from h5modules.data.enums import DataDim, DataDistribution, DataSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from h5modules.data.axis import Axis

__all__ = ["DataCalculated", "DataFromPlugins", "DataFromRoi", "DataRaw", "DataWithAxes"]


class DataWithAxes(DataAndAxes):
    """Data whose dimensions have axes, some of them navigation.

    Parameters
    ----------
    name, source, dim, distribution, data, labels, origin, units
        As in `DataBase`.
    axes : list of Axis
        At most one for each dimension of data on a grid. Dimensions may be without. Held, not copied, never changed.
    nav_indexes : tuple of int
        The navigation dimensions, in the order in which slicers take them; the others are signal.
    errors : list of ndarray, optional
        Standard uncertainties, one array for each of the data and of its shape.
    **kwargs
        Extra attributes. `timestamp` and `path` are what they say.

    Raises
    ------
    DataTypeError, DataShapeError, DataLengthError, DataIndexError, AxisError, UnknownMember
        Before anything is made, if what is given does not fit together.

    Examples
    --------
    >>> import numpy as np
    >>> from h5modules.data import Axis
    >>> cube = DataRaw(
    ...     "cube",
    ...     data=[np.zeros((50, 640, 224))],
    ...     axes=[Axis("x", "mm", np.arange(50.0), index=0), Axis("band", size=224, index=2)],
    ...     nav_indexes=(0, 1),
    ... )
    >>> cube
    <DataRaw: cube <u: > <len:1> (50, 640|224)>
    >>> cube.inav[3, 100]
    <DataRaw: cube <u: > <len:1> (|224)>
    """


class DataRaw(DataWithAxes):
    """Data from an instrument: `DataWithAxes` whose source is raw."""

    def __init__(
        self,
        name: str,
        dim: DataDim | str | None = None,
        distribution: DataDistribution | str = DataDistribution.uniform,
        data: Sequence[npt.NDArray[Any]] | None = None,
        labels: Sequence[str] | None = None,
        origin: str = "",
        units: str = "",
        axes: Sequence[Axis] = (),
        nav_indexes: Sequence[int] = (),
        errors: Iterable[npt.NDArray[Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("source", None)
        super().__init__(
            name, DataSource.raw, dim, distribution, data, labels, origin, units, axes, nav_indexes, errors, **kwargs
        )


class DataFromPlugins(DataRaw):
    """Data that an instrument's plugin hands over."""


class DataCalculated(DataWithAxes):
    """Data from a computation: `DataWithAxes` whose source is calculated."""

    def __init__(
        self,
        name: str,
        dim: DataDim | str | None = None,
        distribution: DataDistribution | str = DataDistribution.uniform,
        data: Sequence[npt.NDArray[Any]] | None = None,
        labels: Sequence[str] | None = None,
        origin: str = "",
        units: str = "",
        axes: Sequence[Axis] = (),
        nav_indexes: Sequence[int] = (),
        errors: Iterable[npt.NDArray[Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("source", None)
        super().__init__(
            name,
            DataSource.calculated,
            dim,
            distribution,
            data,
            labels,
            origin,
            units,
            axes,
            nav_indexes,
            errors,
            **kwargs,
        )


class DataFromRoi(DataCalculated):
    """Data computed from a region of interest."""
