"""Versions that a file notes."""

from __future__ import annotations

from functools import cache

__all__ = ["CONVENTION", "distribution_version"]

CONVENTION = "5.3.0"
"""The version of PyMoDAQ's data package whose node convention the files follow."""


@cache
def distribution_version() -> str:
    """Return the version of the distribution that this package came with."""
    from importlib.metadata import PackageNotFoundError, version  # here: it reads the disk

    try:
        return version("pymodaq-hsi")
    except PackageNotFoundError:
        return "unknown"
