"""The door to pint, for those who have it: quantities, and conversions that need a context (nm to eV)."""

from __future__ import annotations

import sys
from typing import Any

from h5modules.data._units import convert
from h5modules.errors import DataUnitError

__all__ = ["converted", "quantity", "registry", "yield_to_data"]

CLASSES = (
    "base.DataBase",
    "with_axes.DataWithAxes",
    "with_axes.DataRaw",
    "with_axes.DataFromPlugins",
    "with_axes.DataCalculated",
    "with_axes.DataFromRoi",
)


def registry() -> Any:
    """Return pint's registry of units."""
    try:
        import pint
    except ImportError as error:
        raise DataUnitError(
            "quantities and conversion contexts are pint's, which is not installed: install 'pint', or use plain "
            "numbers and units_as() without a context"
        ) from error
    yield_to_data()
    return pint.get_application_registry()  # type: ignore[no-untyped-call]


def yield_to_data() -> None:
    """Have quantities leave operations with data objects to these, if pint is loaded."""
    compat = sys.modules.get("pint.compat")
    if compat is not None:
        for name in CLASSES:
            compat.upcast_type_map.setdefault(f"h5modules.data.{name}", None)


def quantity(values: Any, units: str) -> Any:
    """Values with units, as a pint quantity."""
    units_known = registry()
    try:
        return units_known.Quantity(values, units)
    except (AttributeError, ValueError) as error:
        raise DataUnitError(f"pint does not know the units {units!r}: {error}") from error


def converted(values: Any, source: str, target: str, context: str | None, arguments: dict[str, Any]) -> Any:
    """Values in units `source`, in units `target`, through a pint context if one is named."""
    if context is None:
        return convert(values, source, target)
    return quantity(values, source).to(target, context, **arguments).magnitude
