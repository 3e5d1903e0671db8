"""A set of data with all that a saver is told about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from h5modules.data import DataDistribution

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from h5modules.backends import Node
    from h5modules.data import DataToExport

__all__ = ["DataBundle"]


@dataclass
class DataBundle:
    """A set of data on its way to a saver; see ``add_data_bundle`` of the savers of sets of data.

    Attributes
    ----------
    dte : DataToExport
    node : Node or str
        The group that it goes to.
    settings : str
        Settings of the module that it is from.
    indexes : sequence of int, optional
        The point of a scan.
    axis_values : sequence of float or ndarray, optional
        Values of navigation axes that grow.
    distribution : DataDistribution
        Whether the points of the scan lie on a grid.
    save_index : int
        The caller's own number for it.
    """

    dte: DataToExport
    node: Node | str
    settings: str = ""
    indexes: Sequence[int] | None = None
    axis_values: Sequence[float | npt.NDArray[Any]] | None = None
    distribution: DataDistribution = DataDistribution.uniform
    save_index: int = 0
