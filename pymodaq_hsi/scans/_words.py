"""What pydantic finds wrong with a plan, in words that name the axis and the field."""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.errors import PlanInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationError

__all__ = ["problems_of"]

_LISTS = {
    "axes": ("axis", "target"),
    "detectors": ("detector", "device"),
    "follows": ("following target", "target"),
    "before": ("action before", "do"),
    "after": ("action after", "do"),
    "rows": ("row", ""),
}
_TAGS = frozenset({"linear", "log", "listed", "set", "execute", "move", "wait", "lights_off", "table", "expression"})
_SHOWN = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = 80
_SHOWN.maxlist = _SHOWN.maxtuple = _SHOWN.maxdict = 4


def problems_of(error: ValidationError, given: object) -> list[str]:
    """Return what is wrong, one sentence a problem, without saying the same twice.

    Parameters
    ----------
    error : ValidationError
    given : object
        What was validated: names are taken from it.
    """
    problems: list[str] = []
    errors = error.errors(include_url=False)
    for each in errors:
        if each["type"] == "too_short" and any(_is_within(other["loc"], each["loc"]) for other in errors):
            continue  # what is refused in a list is not counted by pydantic
        last = each["loc"][-1] if each["loc"] else ""
        if last in ("str", "constrained-str") and any(_is_beside(other["loc"], each["loc"]) for other in errors):
            continue  # a number is meant where a name could be too
        where, field = _place(each["loc"], given)
        inner = each.get("ctx", {}).get("error")
        if isinstance(inner, PlanInvalid):
            prefix = f"{where}: " if where else ""
            problems.extend(f"{prefix}{problem}" for problem in inner.problems if f"{prefix}{problem}" not in problems)
            continue
        if each["type"] == "union_tag_not_found":
            tag = str(each["ctx"]["discriminator"]).strip("'")
            field = f"{field}.{tag}" if field else tag
        problem = _sentence(where, field, each)
        if problem not in problems:
            problems.append(problem)
    return problems


def _is_within(inner: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _is_beside(other: tuple[int | str, ...], one: tuple[int | str, ...]) -> bool:
    shared = len(one) - 1
    return other[:shared] == one[:-1] and len(other) > shared and other[shared] != one[-1]


def _place(location: tuple[int | str, ...], given: object) -> tuple[str, str]:
    """Return the part in words ("axis 2 (stage.Position)") and the field in it ("values.start")."""
    where: list[str] = []
    field: list[str] = []
    here = given
    for step in location:
        if isinstance(step, int):
            here = _item(here, step)
            kind, name = _LISTS.get(field[-1], ("", "")) if field else ("", "")
            if kind:
                called = _item(here, name)
                where.append(f"{kind} {step + 1}" + (f" ({called})" if isinstance(called, str) and called else ""))
                field.clear()
            else:
                field.append(str(step + 1))
        elif step == "devices" and not field and not where:
            field.append(step)
            here = _item(here, step)
        elif field == ["devices"]:
            where.append(f"device {step}")
            field.clear()
            here = _item(here, step)
        elif _is_tag(step, here):
            continue
        else:
            field.append(step)
            here = _item(here, step)
    return ", ".join(where), ".".join(field)


def _is_tag(step: str, here: object) -> bool:
    """Tell the name of a choice, which pydantic puts into locations, from the name of a field."""
    known = isinstance(here, dict) and step in here
    return not known and (step in _TAGS or "[" in step or "-" in step or step in ("float", "int", "str", "bool"))


def _item(here: object, step: int | str) -> Any:
    if isinstance(step, int):
        return here[step] if isinstance(here, (list, tuple)) and -len(here) <= step < len(here) else None
    return here.get(step) if isinstance(here, dict) else getattr(here, step, None)


def _sentence(where: str, field: str, error: Mapping[str, Any]) -> str:
    kind, value = error["type"], error.get("input")
    prefix = f"{where}: " if where else ""
    name = field or "it"
    if kind in ("value_error", "assertion_error"):
        return f"{prefix}{f'{field}: ' if field else ''}{error['ctx']['error']}"
    if kind == "missing" or kind == "union_tag_not_found":
        return f"{prefix}{name} is missing; give it"
    if kind == "extra_forbidden":
        return f"{prefix}there is no field {name} (= {_SHOWN.repr(value)}); correct its name, or remove it"
    if kind == "union_tag_invalid":
        context = error["ctx"]
        what = str(context["discriminator"]).strip("'")
        return f"{prefix}{f'{field}.' if field else ''}{what} = {context['tag']!r} is not known; it is one of " + str(
            context["expected_tags"]
        )
    if name == "values" and kind == "model_attributes_type":
        needed = "a list of values, or a table with start, stop and points, is needed"
        return f"{prefix}values = {_SHOWN.repr(value)}: {needed}"
    return f"{prefix}{name} = {_SHOWN.repr(value)}: {_expected(kind, error)}"


def _expected(kind: str, error: Mapping[str, Any]) -> str:
    context = error.get("ctx", {})
    match kind:
        case "finite_number":
            return "a finite number is needed"
        case "float_type" | "int_type" | "bool_type" | "string_type":
            words = {"float": "a number", "int": "a whole number", "bool": "true or false", "string": "a text"}
            return f"{words[kind.removesuffix('_type')]} is needed"
        case "model_type" | "model_attributes_type" | "dict_type":
            return "a table of fields is needed"
        case "tuple_type" | "list_type":
            return "a list is needed"
        case "int_from_float":
            return "a whole number is needed"
        case "greater_than":
            return f"more than {context['gt']:g} is needed"
        case "greater_than_equal":
            return f"at least {context['ge']:g} is needed"
        case "less_than_equal":
            return f"at most {context['le']:g} is needed"
        case "literal_error":
            return f"one of {context['expected']} is needed"
        case "too_short":
            return f"at least {context['min_length']} of them are needed, not {context['actual_length']}"
        case "string_pattern_mismatch":
            return (
                '"device.Parameter" is needed, the device\'s name in letters, digits and underscores'
                if r"\." in str(context["pattern"])
                else "a name of letters, digits and underscores is needed"
            )
    message = str(error["msg"])
    return message[:1].lower() + message[1:]
