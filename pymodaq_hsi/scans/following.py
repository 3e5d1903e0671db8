"""Targets that follow others: a focus that goes with the position, a light that goes with the exposure."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pymodaq_hsi.scans._model import Number, Part, Target
from pymodaq_hsi.scans.expressions import Expression

__all__ = ["Follow", "Table"]


class Table(Part):
    """A function given by points.

    Attributes
    ----------
    of : str
        The target that it is a function of.
    points : list of (float, float)
        Where it is what; in the units that the plan has for both targets.
    interpolation : {"linear", "cubic", "nearest"}
        Cubic is a natural spline through the points; it needs scipy.
    outside : {"refuse", "clamp"}
        Beyond the first and the last point: refuse the plan, or go on with the value at the end.
    """

    of: Target
    points: tuple[tuple[Number, Number], ...] = Field(min_length=1)
    interpolation: Literal["linear", "cubic", "nearest"] = "linear"
    outside: Literal["refuse", "clamp"] = "refuse"

    @model_validator(mode="after")
    def _check(self) -> Table:
        places = [place for place, _ in self.points]
        twice = sorted({place for place in places if places.count(place) > 1}) if len(set(places)) < len(places) else []
        if twice:
            raise ValueError(f"the table has more than one value at {self.of} = {twice[0]:g}; leave one")
        if self.interpolation == "cubic" and len(places) < 4:
            raise ValueError(f"a cubic table needs at least 4 points, not {len(places)}; add some, or take linear")
        return self


class Follow(Part):
    """A target whose value is a function of others.

    Attributes
    ----------
    target : str
    units : str
        Of its values; those of the parameter if empty.
    table : Table, optional
    expression : str
        Instead of a table: arithmetic on targets, ``"0.02 * stage.Position + 1.5"``, with the functions and constants
        of `expressions`.
    variables : dict of str to str
        Other names for targets, for the expression.
    added : bool
        Add it to what the axis of this target says (a correction), instead of being all of it.
    settle, tolerance
        As of an axis.
    """

    target: Target
    units: str = ""
    table: Table | None = None
    expression: str = ""
    variables: dict[str, Target] = Field(default_factory=dict)
    added: bool = False
    settle: Annotated[Number, Field(ge=0)] = 0.0
    tolerance: Annotated[Number, Field(ge=0)] | None = None

    @property
    def needs(self) -> frozenset[str]:
        """The targets that it is a function of; the axis that it is added to may be one, and does not count."""
        needs = frozenset({self.table.of}) if self.table else Expression(self.expression, self.variables).needs
        return needs - {self.target} if self.added else needs

    @model_validator(mode="after")
    def _check(self) -> Follow:
        if (self.table is None) == (not self.expression):
            both = "both a table and an expression are given" if self.expression else "neither is given"
            raise ValueError(f"a following target has a table or an expression; {both}")
        if self.expression:
            Expression(self.expression, self.variables)
        elif self.variables:
            raise ValueError(f"variables ({', '.join(self.variables)}) are for an expression; there is a table")
        return self
