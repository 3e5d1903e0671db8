"""What a check is, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.drivers import DriverType
    from pymodaq_hsi.testing._rig import Rig

__all__ = ["CHECKS", "Check", "Finding", "Violation", "check"]


class Violation(Exception):
    """A promise that a driver does not keep.

    Parameters
    ----------
    problem : str
        What was tried, what was seen, what was expected.
    mend : str
        What the driver's author can do about it.
    method : str
        Of the driver, where to look.
    parameter : str
        Of the driver, whose declaration or ``on_set`` to look at.
    """

    def __init__(self, problem: str, mend: str, *, method: str = "", parameter: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.mend = mend
        self.method = method
        self.parameter = parameter


@dataclass(frozen=True)
class Finding:
    """A check that failed.

    Attributes
    ----------
    driver, check : str
        Names.
    promise : str
        What the check is about, as a sentence.
    problem : str
        What was seen, with the values.
    where : str
        The place in the driver.
    mend : str
        How to mend it.
    """

    driver: str
    check: str
    promise: str
    problem: str
    where: str
    mend: str

    def __str__(self) -> str:
        return (
            f"{self.driver} does not keep a promise: {self.promise}\n"
            f"  what:  {self.problem}\n  where: {self.where}\n  mend:  {self.mend}"
        )


@dataclass(frozen=True)
class Check:
    """One promise of drivers.

    Attributes
    ----------
    name : str
        Of the function that checks it.
    promise : str
    kind : DriverType or None
        The drivers that it concerns; None for all.
    run : callable
        Raises `Violation`.
    """

    name: str
    promise: str
    kind: DriverType | None
    run: Callable[[Rig], None]


CHECKS: list[Check] = []
"""All checks, in the order in which they are run."""


def check(promise: str, kind: DriverType | None = None) -> Callable[[Callable[[Rig], None]], Callable[[Rig], None]]:
    """Make a function a check."""

    def register(function: Callable[[Rig], None]) -> Callable[[Rig], None]:
        CHECKS.append(Check(function.__name__, promise, kind, function))
        return function

    return register
