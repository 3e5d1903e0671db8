"""Plans as JSON and TOML, and the JSON schema of both."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from pymodaq_hsi.errors import OutputError, OutputExists, PlanInvalid
from pymodaq_hsi.scans._files import write_whole
from pymodaq_hsi.scans.plans import AdaptiveScan, Log, Plan, Recording, TimeSeries
from pymodaq_hsi.scans.stepping import StepScan

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

__all__ = ["dump_plan", "load_plan", "plan_from", "plan_schema", "plan_text"]

AnyPlan = Recording | StepScan | TimeSeries | AdaptiveScan | Log

_LONGEST_PATH = 255
"""A longer name, with a character as texts have them, is no name of a file but the text itself."""
_KINDS: dict[str, type[AnyPlan]] = {
    "recording": Recording,
    "step_scan": StepScan,
    "time_series": TimeSeries,
    "adaptive_scan": AdaptiveScan,
    "log": Log,
}


def load_plan(source: str | os.PathLike[str]) -> AnyPlan:
    """Read a plan.

    Parameters
    ----------
    source : path or str
        A file (``.json``, or TOML by any other name), or the text itself: JSON begins with ``{``, TOML has a line with
        ``=``.

    Raises
    ------
    PlanInvalid
        It is not JSON or TOML, or not a plan; all that is wrong with it is listed.
    FileNotFoundError
        There is no such file.
    """
    text, name = _text_of(source)
    fields = _parsed(text, name)
    if not isinstance(fields, dict):
        raise PlanInvalid(
            [f"it is {type(fields).__name__} {str(fields)[:40]!r} in {name}; a plan is a table of fields"]
        )
    return plan_from(fields)


def plan_from(fields: Mapping[str, Any]) -> AnyPlan:
    """Build a plan of data as JSON knows them.

    Raises
    ------
    PlanInvalid
    """
    kind = fields.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        said = f"kind = {kind!r} is not known" if "kind" in fields else "kind is missing"
        name = fields.get("name", "")
        raise PlanInvalid([f"{said}; it is one of {', '.join(_KINDS)}"], name if isinstance(name, str) else "")
    return _KINDS[kind](**{str(key): value for key, value in fields.items()})


def plan_text(plan: AnyPlan, form: str = "json") -> str:
    """Return a plan as text, without the fields that are as they are by default.

    Parameters
    ----------
    plan
    form : {"json", "toml"}

    Raises
    ------
    PlanInvalid
        Its metadata have a null, and TOML was asked for.
    """
    fields = plan.model_dump(mode="json", exclude_defaults=True)
    if form == "toml":
        import tomli_w

        if _has_none(fields):
            raise PlanInvalid(["its metadata has a null, which TOML has not; write JSON, or leave it out"], plan.name)
        return tomli_w.dumps(fields)
    if form != "json":
        raise ValueError(f"plans are written as json or toml, not {form!r}")
    return json.dumps(fields, indent=2, ensure_ascii=False) + "\n"


def dump_plan(plan: AnyPlan, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a plan to a file, whole or not at all: JSON if it ends in ``.json``, else TOML.

    Raises
    ------
    OutputExists
        The file is there, and `overwrite` was not asked for.
    OutputError
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise OutputExists(f"{path} is there already; choose another name, or ask for overwrite=True")
    form = "json" if path.suffix.lower() == ".json" else "toml"
    try:
        write_whole(path, plan_text(plan, form))
    except OSError as error:
        raise OutputError(f"the plan {plan.name} could not be written to {path}: {error}") from error
    return path


def plan_schema() -> dict[str, Any]:
    """Return the JSON schema of plans (draft 2020-12)."""
    schema: dict[str, Any] = TypeAdapter[Any](Plan).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Plan of pymodaq_hsi"} | schema


def _text_of(source: str | os.PathLike[str]) -> tuple[str, str]:
    if isinstance(source, str) and (source.lstrip().startswith("{") or "\n" in source or "=" in source):
        if "\n" in source or len(source) > _LONGEST_PATH or not Path(source).is_file():
            return source, "the text"
    path = Path(source)
    try:
        return path.read_text(encoding="utf-8-sig"), str(path)
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no plan at {path}; give the path of a .toml or .json file") from None
    except UnicodeDecodeError as error:
        raise PlanInvalid([f"{path} is not text in UTF-8: {error.reason} at byte {error.start}"]) from None
    except OSError as error:
        raise PlanInvalid([f"{path} cannot be read: {error.strerror or error}"]) from error


def _parsed(text: str, name: str) -> Any:
    form = "JSON" if text.lstrip().startswith("{") or name.lower().endswith(".json") else "TOML"
    try:
        return json.loads(text) if form == "JSON" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlanInvalid([f"{name} is not {form}: {error}"]) from None


def _has_none(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_none(each) for each in value.values())
    return any(_has_none(each) for each in value) if isinstance(value, list) else value is None
