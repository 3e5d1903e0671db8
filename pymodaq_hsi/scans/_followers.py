"""Computing targets that follow others: in which order, and for one point or many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.scans.expressions import Expression
from pymodaq_hsi.scans.interpolation import Interpolation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from pymodaq_hsi.scans.following import Follow

__all__ = ["Followers", "problems_of_follows"]


class Followers:
    """Targets that follow others, in the order in which they can be computed.

    Parameters
    ----------
    follows : sequence of Follow
        Without cycles.
    """

    def __init__(self, follows: Sequence[Follow]) -> None:
        self._steps = [(follow.target, follow.added, _function_of(follow)) for follow in _sorted(follows)]

    def follow(self, columns: dict[str, npt.NDArray[np.float64]]) -> None:
        """Add their values to those of other targets, arrays of equal shape."""
        for target, added, function in self._steps:
            shape = next(iter(columns.values())).shape
            value = np.broadcast_to(np.asarray(function(columns), float), shape)
            columns[target] = columns[target] + value if added else value

    def follow_one(self, values: dict[str, float]) -> None:
        """Add their values to those of other targets, for one point."""
        for target, added, function in self._steps:
            value = float(function(values))
            values[target] = values[target] + value if added else value


def problems_of_follows(follows: Sequence[Follow], axes: Iterable[str]) -> list[str]:
    """Return what is wrong with them, each by its name: cycles, unknown or double targets.

    Parameters
    ----------
    follows : sequence of Follow
    axes : iterable of str
        Targets of the axes.
    """
    known = set(axes)
    problems: list[str] = []
    seen: set[str] = set()
    for follow in follows:
        target = follow.target
        if target in seen:
            problems.append(f"following target {target} is given twice; leave one")
        seen.add(target)
        if follow.added and target not in known:
            problems.append(f"following target {target} is to be added to an axis, but no axis has that target")
        elif not follow.added and target in known:
            problems.append(
                f"{target} is an axis and follows other targets: leave one of both, or say added = true for a "
                "correction of the axis"
            )
    there = known | seen
    for follow in follows:
        problems.extend(
            f"following target {follow.target} is a function of {needed}, which neither is an axis nor follows one; "
            f"there are {', '.join(sorted(there - {follow.target})) or 'no others'}"
            for needed in sorted(follow.needs - there)
        )
    cycle = _cycle(follows)
    if cycle:
        problems.append(f"targets follow each other in a circle: {' -> '.join([*cycle, cycle[0]])}; break it")
    return problems


def _cycle(follows: Sequence[Follow]) -> list[str]:
    needs = {follow.target: sorted(follow.needs) for follow in follows}
    done: set[str] = set()
    for start in needs:
        path: list[str] = []
        stack = [(start, iter(needs[start]))] if start not in done else []
        path.extend(name for name, _ in stack)
        while stack:
            name, rest = stack[-1]
            step = next((other for other in rest if other in needs and other not in done), None)
            if step is None:
                done.add(name)
                stack.pop()
                path.pop()
            elif step in path:
                return path[path.index(step) :]
            else:
                stack.append((step, iter(needs[step])))
                path.append(step)
    return []


def _sorted(follows: Sequence[Follow]) -> list[Follow]:
    left = {follow.target: follow for follow in follows}
    found: list[Follow] = []
    while left:
        ready = [target for target, follow in left.items() if not (follow.needs & set(left)) - {target}]
        if not ready:
            raise ValueError(f"targets follow each other in a circle: {', '.join(left)}")
        found.extend(left.pop(target) for target in ready)
    return found


def _function_of(follow: Follow) -> Any:
    if follow.table is None:
        return Expression(follow.expression, follow.variables)
    of, curve = follow.table.of, Interpolation(follow.table)
    return lambda values: curve(values[of])
