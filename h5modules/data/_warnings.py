"""Warnings about data that was taken otherwise than it was given."""

from __future__ import annotations

__all__ = ["DataDimWarning", "DataIndexWarning", "DataSizeWarning", "DataTypeWarning"]


class DataTypeWarning(UserWarning):
    """A bare array or number was taken as a list of one array."""


class DataIndexWarning(UserWarning):
    """For scripts that name it in their filters: a wrong index is an error here."""


class DataSizeWarning(UserWarning):
    """For scripts that name it in their filters: a wrong size is an error here."""


class DataDimWarning(UserWarning):
    """The dimensionality that was given is not that of the arrays, which counts."""
