"""The formats that there are: those of this package, and those that installed packages offer."""

from __future__ import annotations

import functools
import logging
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from h5modules.errors import UnknownFormat
from h5modules.exporting._format import Format
from h5modules.exporting._hdf5 import HDF5
from h5modules.exporting._hyperspy import HYPERSPY
from h5modules.exporting._netcdf import NETCDF
from h5modules.exporting._nexus import NEXUS
from h5modules.exporting._npz import NPY, NPZ
from h5modules.exporting._text import CSV, TXT
from h5modules.exporting._tiff import TIFF
from h5modules.exporting._zarr import ZARR

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["GROUP", "find_format", "format_for", "formats"]

logger = logging.getLogger("h5modules")

GROUP = "pymodaq_hsi.exporters"
"""Entry-point group under which packages offer formats: each is a `Format`."""

_BUILT_IN = (HDF5, TXT, NPY, NPZ, CSV, NETCDF, ZARR, NEXUS, TIFF, HYPERSPY)


@functools.cache
def _known() -> tuple[Format, ...]:
    known = {known.name: known for known in _BUILT_IN}
    for entry in entry_points(group=GROUP):
        try:
            offered = entry.load()
        except (Exception, SystemExit) as exc:  # a stranger's package: what it raises costs its format and nothing else
            logger.warning(
                "the exporter %r (%s) cannot be loaded: %s: %s", entry.name, entry.value, type(exc).__name__, exc
            )
            continue
        if not isinstance(offered, Format):
            logger.warning(
                "the exporter %r (%s) is left out: it is %s, and a h5modules.exporting.Format was expected",
                entry.name,
                entry.value,
                type(offered).__name__,
            )
        elif offered.name in known:
            logger.warning(
                "the exporter %r (%s) is left out: its format %r is there already",
                entry.name,
                entry.value,
                offered.name,
            )
        else:
            known[offered.name] = offered
    return tuple(known.values())


def formats() -> tuple[Format, ...]:
    """Return all formats, also those whose libraries are not installed (`Format.missing` says which)."""
    return _known()


def find_format(name: str) -> Format:
    """Return the format of that name; its other names and the endings of its files count too.

    Raises
    ------
    UnknownFormat
    """
    wanted = name.lower().removeprefix(".")
    for known in formats():
        if wanted in (known.name, *known.also):
            return known
    for known in formats():
        if f".{wanted}" in known.suffixes:
            return known
    raise UnknownFormat(f"there is no format {name!r}; there are {', '.join(known.name for known in formats())}")


def format_for(path: Path) -> Format:
    """Return the format whose files have the ending of that path.

    Raises
    ------
    UnknownFormat
    """
    name = path.name.lower()
    for known in formats():
        if any(name.endswith(suffix) for suffix in known.suffixes):
            return known
    endings = ", ".join(f"{known.suffixes[0]} ({known.name})" for known in formats())
    raise UnknownFormat(f"{path.name}: which format is that? Its ending should be one of {endings}, or say to=...")
