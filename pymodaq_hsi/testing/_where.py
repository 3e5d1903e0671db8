"""Where in a driver something is wrong."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.drivers.store import declared_parameters
from pymodaq_hsi.hosting.plugin import Plugin

if TYPE_CHECKING:
    from pymodaq_hsi.devices import EnumeratedDriver
    from pymodaq_hsi.drivers import Driver

__all__ = ["place_in_traceback", "place_of"]

_FRAME = re.compile(r'^  File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>\S+)', re.MULTILINE)


def place_of(driver: EnumeratedDriver, *, method: str = "", parameter: str = "") -> str:
    """Return the place of a method or a parameter of a driver; imports the plugin, which has been shown to load."""
    try:
        found = Plugin(driver.plugin.name, driver.plugin.value).driver(driver.name)
    except BaseException as error:  # strangers' code; the finding counts, its place is only help
        return f"driver {driver.name} (it cannot be imported here: {type(error).__name__})"
    if parameter:
        return _parameter(found, parameter)
    return _source(getattr(found, method), f"{found.__name__}.{method}") if method else _source(found, found.__name__)


def place_in_traceback(text: str) -> str:
    """Return the innermost place in a traceback that is not in pymodaq_hsi itself; empty where there is none."""
    places = [found for found in _FRAME.finditer(text) if "pymodaq_hsi/" not in found["file"].replace("\\", "/")]
    if not places:
        return ""
    last = places[-1]
    return f"{last['function']} ({last['file']}, line {last['line']})"


def _parameter(driver: type[Driver], name: str) -> str:
    for declared in declared_parameters(driver):
        if declared.name == name:
            function = declared.setter or declared.getter
            if function is not None:
                return f"parameter {name}, {_source(function, function.__name__)}"
    return f"parameter {name}, declared in {_source(driver, driver.__name__)}"


def _source(thing: Any, title: str) -> str:
    try:
        return f"{title} ({inspect.getsourcefile(thing)}, line {inspect.getsourcelines(thing)[1]})"
    except (OSError, TypeError):
        return title
