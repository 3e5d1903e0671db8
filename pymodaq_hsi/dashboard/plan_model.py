"""A plan while it is edited: data that may be incomplete, turned into a plan and back. No Qt."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pymodaq_hsi import scans
from pymodaq_hsi.dashboard.plan_values import Mode, mode_of, random_values, recast
from pymodaq_hsi.errors import PlanInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.scans import Plan

__all__ = ["KINDS", "PARTS", "Place", "PlanModel", "place_of"]

Data = dict[str, Any]

KINDS = {
    "step_scan": "Step scan",
    "recording": "Recording",
    "adaptive_scan": "Adaptive",
    "time_series": "Time series",
    "log": "Log",
}
"""Kinds of plans, and what a person calls them."""

PARTS = ("axes", "detectors", "before", "after", "follows")
"""Lists in a plan that have an order."""

_COMMON = ("name", "description", "devices", "detectors", "before", "after", "output", "metadata")
_FIRST: dict[str, Data] = {
    "step_scan": {"axes": []},
    "recording": {"lines": 100},
    "adaptive_scan": {"axes": [], "points": 20},
    "time_series": {"interval": 1.0, "count": 10},
    "log": {"interval": 1.0},
}
_LISTS = {
    "axis": "axes",
    "detector": "detectors",
    "row": "rows",
    "action before": "before",
    "action after": "after",
    "following target": "follows",
    "follow": "follows",
}
_NUMBERED = re.compile(rf"^({'|'.join(_LISTS)}) (\d+)\b(?: \([^)]*\))?[:,]?\s*(.*)", re.DOTALL)
_ENDLESS = re.compile(r"^an? (recording|time series|adaptive scan) (?:needs an end|has a count)")
_ENDS = {"recording": "lines", "time series": "count", "adaptive scan": "points"}
_FIELD = re.compile(r"^([a-z_]+(?:\.[a-z_0-9]+)*)(?: = |: | is missing| has | are refused)")


@dataclass(frozen=True)
class Place:
    """What a problem is about.

    Attributes
    ----------
    part : str
        A list of the plan (`PARTS`, rows), a table of it (output, movement, metadata), a field, or '' for all of it.
    index : int
        In a list, from 0 on; -1 elsewhere.
    field : str
        In the part; '' if the problem does not say it.
    """

    part: str = ""
    index: int = -1
    field: str = ""


class PlanModel:
    """What is in an editor of plans.

    Everything that a plan can have is kept, also what the editor does not show; a field that is missing is as it is by
    default. Nothing is refused while it is edited: `plan` and `problems` say whether it is complete.

    Parameters
    ----------
    data : mapping, optional
        Of a plan, as a file has it; a new step scan by default.
    """

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        self._data: Data = {"kind": "step_scan", "name": "scan", "axes": []}
        self._aside: dict[str, Data] = {}
        self._random: dict[str, Data] = {}
        if data is not None:
            self.load(data)

    # the whole

    def load(self, data: Mapping[str, Any]) -> None:
        """Edit another plan.

        Raises
        ------
        PlanInvalid
            It is none, not even an incomplete one: its kind is not known, or its lists are none.
        """
        found = json.loads(json.dumps(dict(data)))
        if found.get("kind") not in KINDS:
            raise PlanInvalid([f"kind = {found.get('kind')!r} is not known; it is one of {', '.join(KINDS)}"])
        for part in PARTS:
            each = found.get(part, [])
            if not isinstance(each, list) or not all(isinstance(item, dict) for item in each):
                raise PlanInvalid([f"{part} = {each!r}: a list of tables is needed"])
        for part in ("output", "metadata", "devices"):
            if not isinstance(found.get(part, {}), dict):
                raise PlanInvalid([f"{part} = {found[part]!r}: a table of fields is needed"])
        self._data = found
        self._aside.clear()
        self._random.clear()

    def data(self) -> Data:
        """Return the plan as a file would have it; perhaps incomplete."""
        return copy.deepcopy(self._data)

    def plan(self) -> Plan:
        """Return the plan.

        Raises
        ------
        PlanInvalid
            With all that is wrong or missing.
        """
        return scans.plan_from(self.data())

    def problems(self) -> list[str]:
        """Return what keeps this from being a plan, in words; devices are not asked."""
        try:
            self.plan()
        except PlanInvalid as error:
            return list(error.problems)
        return []

    def text(self, form: str = "toml") -> str:
        """Return the plan as text, "toml" or "json"; an incomplete one as it is, in JSON."""
        try:
            return scans.plan_text(self.plan(), form)
        except PlanInvalid:
            return json.dumps(self._data, indent=2, ensure_ascii=False) + "\n"

    def load_text(self, text: str) -> None:
        """Edit the plan in a text, JSON or TOML.

        Raises
        ------
        PlanInvalid
            It is no plan; what was edited stays.
        """
        plan = scans.load_plan(text if "\n" in text else text + "\n")
        self.load(plan.model_dump(mode="json", exclude_defaults=True))

    def unseen(self) -> list[str]:
        """Return what the plan has that is edited as text only, in words; it is kept and carried out all the same."""
        words = {"follows": "targets that follow", "prompts": "questions", "devices": "devices by identity"}
        found = [f"{len(self._data[part])} {text}" for part, text in words.items() if self._data.get(part)]
        found += [f"signal {self._data['signal']}"] if self._data.get("signal") else []
        fields = ("steps", "model", "radiometry")
        for number, detector in enumerate(self.items("detectors"), 1):
            found += [f"{field} of detector {number}" for field in fields if detector.get(field)]
        movement = self.get("movement", default={})
        if isinstance(movement, dict):
            found += [f"{field} of the movement" for field in ("units", "velocity_parameter") if movement.get(field)]
        return found

    @property
    def kind(self) -> str:
        """Of the plan, one of `KINDS`."""
        return str(self._data["kind"])

    def change_kind(self, kind: str) -> None:
        """Make a plan of another kind of it; what only the old kind has is found again on the way back."""
        if kind == self.kind:
            return
        own = {key: value for key, value in self._data.items() if key not in (*_COMMON, "kind")}
        common = {key: self._data[key] for key in _COMMON if key in self._data}
        self._aside[self.kind] = own
        fresh = copy.deepcopy(self._aside.get(kind, _FIRST[kind]))
        if "axes" in fresh and not fresh["axes"] and "axes" in own:
            fresh["axes"] = [_other_axis(axis, kind) for axis in own["axes"]]
        self._data = {"kind": kind} | common | fresh

    # fields

    def get(self, *path: str | int, default: Any = None) -> Any:
        """Return what is at a place: ``get("output", "folder")``, ``get("axes", 0, "units")``."""
        here: Any = self._data
        for step in path:
            try:
                here = here[step]
            except (KeyError, IndexError, TypeError):
                return default
        return copy.deepcopy(here)

    def put(self, value: Any, *path: str | int) -> None:
        """Set a field; None takes it out, so that it is as by default."""
        here: Any = self._data
        for step in path[:-1]:
            if isinstance(here, dict) and not isinstance(here.get(step), (dict, list)):
                if value is None:
                    return
                here[step] = {}
            here = here[step]
        last = path[-1]
        if value is None:
            here.pop(last, None)
        else:
            here[last] = copy.deepcopy(value)
        if value is None and not here and len(path) == 2:
            self._data.pop(str(path[0]), None)

    # lists

    def items(self, part: str) -> list[Data]:
        """Return what is in a list."""
        found: list[Data] = self.get(part, default=[])
        return found

    def add(self, part: str, item: Mapping[str, Any]) -> int:
        """Put something at the end of a list; return its index."""
        self._data.setdefault(part, []).append(copy.deepcopy(dict(item)))
        return len(self._data[part]) - 1

    def remove(self, part: str, index: int) -> None:
        """Take something out of a list."""
        del self._data[part][index]
        if not self._data[part] and part != "axes":
            del self._data[part]

    def move(self, part: str, index: int, to: int) -> int:
        """Put something at another place of its list; return where it is now."""
        items = self._data.get(part, [])
        to = max(0, min(to, len(items) - 1))
        items.insert(to, items.pop(index))
        return to

    # values of axes

    def mode(self, axis: int) -> Mode:
        """Return how the values of an axis of a step scan are given."""
        values = self.get("axes", axis, "values")
        given = self._random.get(self.get("axes", axis, "target", default=""))
        if given is not None and isinstance(values, (list, dict)) and _listed(values) == random_values(**given):
            return Mode.RANDOM
        return mode_of(values)

    def change_mode(self, axis: int, mode: Mode) -> None:
        """Give the values of an axis in another way: the same, as far as that is possible."""
        if mode is self.mode(axis):
            return
        values = recast(self.get("axes", axis, "values"), mode)
        if mode is Mode.RANDOM:
            self.put_random(axis, **values)
        else:
            self.put(values, "axes", axis, "values")

    def random(self, axis: int) -> Data:
        """Return ``low``, ``high``, ``points`` and ``seed`` of random values."""
        return dict(self._random.get(self.get("axes", axis, "target", default=""), {}))

    def put_random(self, axis: int, low: float, high: float, points: int, seed: int) -> None:
        """Give an axis random values: evenly distributed, the same for the same seed."""
        given: Data = {"low": low, "high": high, "points": points, "seed": seed}
        self._random[self.get("axes", axis, "target", default="")] = given
        self.put({"spacing": "listed", "values": random_values(**given)}, "axes", axis, "values")

    def use_rows(self, rows: bool) -> None:
        """Change between values for each axis and points in rows (the order "tabular")."""
        if rows == (self.get("order") == "tabular"):
            return
        if rows:
            self._aside["values"] = {axis["target"]: axis.pop("values", None) for axis in self._data["axes"]}
            self.put("tabular", "order")
            self.put(self._aside.get("rows", {}).get("rows", []), "rows")
            return
        self._aside["rows"] = {"rows": self.get("rows", default=[])}
        self.put(None, "order")
        self.put(None, "rows")
        kept = self._aside.get("values", {})
        for axis in self._data["axes"]:
            axis["values"] = kept.get(axis["target"]) or {"spacing": "linear"}


def place_of(problem: str) -> Place:
    """Return what a problem of a plan is about, as far as its words say it."""
    numbered = _NUMBERED.match(problem)
    if numbered is not None:
        field = _FIELD.match(numbered[3])
        return Place(_LISTS[numbered[1]], int(numbered[2]) - 1, field[1] if field else "")
    endless = _ENDLESS.match(problem)
    if endless is not None:
        return Place(_ENDS[endless[1]])
    if problem.partition(" ")[2].startswith("points are too many"):
        return Place("axes")
    for part in ("output", "movement", "metadata"):
        match = re.match(rf"{part}(?: \([^)]*\))?[.:]\s*(.*)", problem, re.DOTALL)
        if match is not None:
            field = _FIELD.match(match[1])
            return Place(part, -1, field[1] if field else "")
    field = _FIELD.match(problem)
    if field is not None:
        head, _, rest = field[1].partition(".")
        return Place(head, -1, rest)
    return Place()


def _listed(values: Any) -> Any:
    return values.get("values") if isinstance(values, dict) else values


def _other_axis(axis: Data, kind: str) -> Data:
    """Return an axis of a step scan for an adaptive one, or the other way round."""
    kept = {key: axis[key] for key in ("target", "units", "settle", "tolerance") if key in axis}
    if kind == "adaptive_scan":
        given = recast(axis.get("values"), Mode.POINTS)
        ends = [given[key] for key in ("start", "stop") if given.get(key) is not None]
        return kept | ({"low": min(ends), "high": max(ends)} if len(ends) == 2 else {})
    values: Data = {"spacing": "linear", "points": 5}
    values |= {key: axis[name] for key, name in (("start", "low"), ("stop", "high")) if name in axis}
    return kept | {"values": values}
