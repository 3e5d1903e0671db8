"""Warnings about data that was taken otherwise than it was given."""

from __future__ import annotations

__all__ = ["DataDimWarning", "DataTypeWarning"]


class DataTypeWarning(UserWarning):
    """A bare array or number was taken as a list of one array."""


class DataDimWarning(UserWarning):
    """The dimensionality that was given is not that of the arrays, which counts."""
