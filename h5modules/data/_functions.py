"""The register of NumPy functions that take data objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["FUNCTIONS", "implements"]

FUNCTIONS: dict[Any, Callable[..., Any]] = {}
"""NumPy function to what does it for data objects."""

F = TypeVar("F", bound=Callable[..., Any])


def implements(*functions: Any) -> Callable[[F], F]:
    """Register what is decorated as the implementation of NumPy functions."""

    def register(implementation: F) -> F:
        for function in functions:
            FUNCTIONS[function] = implementation
        return implementation

    return register
