"""Plans of scans, recordings and logs, and what carries them out.

Names are imported when they are first used: a window that edits plans loads no engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymodaq_hsi._lazy import lazy_names

if TYPE_CHECKING:
    from pymodaq_hsi.scans.checking import PlanCheck, check_plan, target_units
    from pymodaq_hsi.scans.engine import ScanEngine, ScanResult
    from pymodaq_hsi.scans.events import ScanState
    from pymodaq_hsi.scans.exposing import Exposure, find_exposure
    from pymodaq_hsi.scans.following import Follow, Table
    from pymodaq_hsi.scans.learning import AskTell, Bisection, ScanLearner, learner_of
    from pymodaq_hsi.scans.parts import (
        Action,
        Detector,
        DeviceChoice,
        Execute,
        LightsOff,
        Move,
        Output,
        SetParameter,
        Wait,
    )
    from pymodaq_hsi.scans.planfiles import dump_plan, load_plan, plan_from, plan_schema, plan_text
    from pymodaq_hsi.scans.plans import AdaptiveAxis, AdaptiveScan, Log, Movement, Plan, Recording, TimeSeries
    from pymodaq_hsi.scans.points import Point, Points
    from pymodaq_hsi.scans.positions import PositionMemory
    from pymodaq_hsi.scans.prompts import Prompt, answered, open_prompts
    from pymodaq_hsi.scans.stepping import ScanAxis, StepScan
    from pymodaq_hsi.scans.values import Linear, Listed, Logarithmic

__all__ = [
    "Action",
    "AdaptiveAxis",
    "AdaptiveScan",
    "AskTell",
    "Bisection",
    "Detector",
    "DeviceChoice",
    "Execute",
    "Exposure",
    "Follow",
    "LightsOff",
    "Linear",
    "Listed",
    "Log",
    "Logarithmic",
    "Move",
    "Movement",
    "Output",
    "Plan",
    "PlanCheck",
    "Point",
    "Points",
    "PositionMemory",
    "Prompt",
    "Recording",
    "ScanAxis",
    "ScanEngine",
    "ScanLearner",
    "ScanResult",
    "ScanState",
    "SetParameter",
    "StepScan",
    "Table",
    "TimeSeries",
    "Wait",
    "answered",
    "check_plan",
    "dump_plan",
    "find_exposure",
    "learner_of",
    "load_plan",
    "open_prompts",
    "plan_from",
    "plan_schema",
    "plan_text",
    "target_units",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "checking": (
            "PlanCheck",
            "check_plan",
            "target_units",
        ),
        "engine": (
            "ScanEngine",
            "ScanResult",
        ),
        "events": ("ScanState",),
        "exposing": (
            "Exposure",
            "find_exposure",
        ),
        "following": (
            "Follow",
            "Table",
        ),
        "learning": (
            "AskTell",
            "Bisection",
            "ScanLearner",
            "learner_of",
        ),
        "parts": (
            "Action",
            "Detector",
            "DeviceChoice",
            "Execute",
            "LightsOff",
            "Move",
            "Output",
            "SetParameter",
            "Wait",
        ),
        "planfiles": (
            "dump_plan",
            "load_plan",
            "plan_from",
            "plan_schema",
            "plan_text",
        ),
        "plans": (
            "AdaptiveAxis",
            "AdaptiveScan",
            "Log",
            "Movement",
            "Plan",
            "Recording",
            "TimeSeries",
        ),
        "points": (
            "Point",
            "Points",
        ),
        "positions": ("PositionMemory",),
        "prompts": (
            "Prompt",
            "answered",
            "open_prompts",
        ),
        "stepping": (
            "ScanAxis",
            "StepScan",
        ),
        "values": (
            "Linear",
            "Listed",
            "Logarithmic",
        ),
    },
)
