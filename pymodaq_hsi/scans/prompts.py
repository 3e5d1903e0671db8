"""What a plan wants to know of its scan: questions, answered by a person or a program before anything moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import Field, JsonValue, TypeAdapter, ValidationError, model_validator

from pymodaq_hsi.errors import PlanInvalid
from pymodaq_hsi.scans._model import ParameterValue, Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymodaq_hsi.scans._base import BasePlan

__all__ = ["Prompt", "answered", "open_prompts"]

_Plan = TypeVar("_Plan", bound="BasePlan")
_JSON: TypeAdapter[Any] = TypeAdapter(JsonValue)
_THE_FILES_OWN = frozenset(
    {"", "TITLE", "CLASS", "VERSION", "FILTERS", "type", "scan_done", "state", "ended_early", "changes"}
)
"""Attributes of a scan's group that metadata would destroy."""
_NAMELESS = "an entry of the metadata has no name; give it one"


class Prompt(Part):
    """Something that is asked before a scan, and kept with it: which sample, who, which bottle.

    Attributes
    ----------
    name : str
        Of the entry in the metadata.
    question : str
        For people; the name by default.
    choices : list of str
        The answers that there are; any if there are none.
    default : str, number or bool, optional
        The answer if nobody gives one.
    required : bool
        Whether there is no scan without an answer.
    """

    name: str = Field(min_length=1)
    question: str = ""
    choices: tuple[str, ...] = ()
    default: ParameterValue | None = None
    required: bool = True

    @property
    def text(self) -> str:
        """The question."""
        return self.question or self.name

    @model_validator(mode="after")
    def _check(self) -> Prompt:
        if self.default is not None and self.choices and self.default not in self.choices:
            raise ValueError(f"the default {self.default!r} is none of the choices {', '.join(self.choices)}")
        return self


def open_prompts(plan: BasePlan, answers: Mapping[str, Any] | None = None) -> list[Prompt]:
    """Return what a plan asks that neither its metadata nor `answers` say."""
    known = plan.metadata | dict(answers or {})
    return [prompt for prompt in plan.prompts if known.get(prompt.name) in (None, "")]


def answered(plan: _Plan, answers: Mapping[str, Any]) -> _Plan:
    """Return a plan with answers in its metadata, and defaults where there are none.

    Only what JSON can say is taken into the plan; whatever else is among the answers is left to the caller.

    Raises
    ------
    PlanInvalid
        An answer is missing, or none of its choices; or an entry has a name that files need. All of them are named.
    """
    known = plan.metadata | {name: value for name, value in answers.items() if _is_plain(value)}
    problems = [
        f"metadata {name!r} is what a file itself says of a scan; call it otherwise" if name else _NAMELESS
        for name in [*plan.metadata, *(name for name in answers if name not in plan.metadata)]
        if name in _THE_FILES_OWN
    ]
    for prompt in plan.prompts:
        value = known.get(prompt.name)
        if value in (None, ""):
            value = prompt.default
        if value is None:
            if prompt.required:
                problems.append(f"metadata {prompt.name!r} is asked for ({prompt.text}) and was not given")
            continue
        if prompt.choices and value not in prompt.choices:
            problems.append(f"metadata {prompt.name!r} = {value!r} is none of its choices: {', '.join(prompt.choices)}")
        known[prompt.name] = value
    if problems:
        raise PlanInvalid(problems, plan.name)
    return plan.model_copy(update={"metadata": known})


def _is_plain(value: object) -> bool:
    try:
        _JSON.validate_python(value)
    except ValidationError:
        return False
    return True
