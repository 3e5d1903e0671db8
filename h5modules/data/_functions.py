"""Registers of NumPy functions that take data objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["Register"]

F = TypeVar("F", bound=Callable[..., Any])


class Register(dict[Any, Callable[..., Any]]):
    """NumPy function to what does it for data objects."""

    def implements(self, *functions: Any) -> Callable[[F], F]:
        """Register what is decorated as the implementation of NumPy functions."""

        def register(implementation: F) -> F:
            self.update(dict.fromkeys(functions, implementation))
            return implementation

        return register
