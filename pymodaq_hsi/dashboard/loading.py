"""Panels by entry point: which there are, and what is wrong with those that cannot be had."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from pymodaq_hsi.dashboard.panel import Area, Panel

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["GROUP", "load_panels"]

GROUP = "pymodaq_hsi.panels"


def load_panels() -> tuple[dict[str, type[Panel]], list[str]]:
    """Return the panel classes by name, in the order in which they are shown, and the problems in words.

    Returns
    -------
    panels : dict of str to type
    problems : list of str
        One for each entry point that could not be loaded or is no panel: they cost the others nothing.
    """
    panels: dict[str, type[Panel]] = {}
    problems = []
    for entry in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        if entry.name in panels:
            problems.append(f"there are two panels called {entry.name!r}: {_origin(entry)} is not shown")
            continue
        try:
            found = entry.load()
        except (Exception, SystemExit) as error:  # what an import of a stranger's may raise
            problems.append(
                f"the panel {entry.name!r} ({_origin(entry)}) cannot be loaded: {type(error).__name__}: {error}"
            )
            continue
        if not (isinstance(found, type) and issubclass(found, Panel)):
            problems.append(f"{entry.name!r} ({_origin(entry)}) is no panel: it has to be a subclass of Panel")
            continue
        panels[entry.name] = found
    areas = list(Area)
    return dict(sorted(panels.items(), key=lambda each: (areas.index(each[1].area), each[1].order, each[0]))), problems


def _origin(entry: EntryPoint) -> str:
    package = entry.dist.name if entry.dist is not None else "an unknown package"
    return f"{entry.value} of {package}"
