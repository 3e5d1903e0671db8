"""Running the checks: as tests of pytest, or all at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.devices import installed_plugins, load_plugins
from pymodaq_hsi.drivers import DriverState, DriverType
from pymodaq_hsi.errors import DriverNotFound, HsiError
from pymodaq_hsi.testing import _connecting, _frames, _life, _lights, _parameters, _stages, _writing
from pymodaq_hsi.testing._check import CHECKS, Finding, Violation
from pymodaq_hsi.testing._rig import Options, Rig
from pymodaq_hsi.testing._where import place_in_traceback, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pymodaq_hsi.devices import EnumeratedDriver, EnumerationMessage, PluginEntry
    from pymodaq_hsi.testing._check import Check

__all__ = ["check_names", "conformance", "examine"]

GROUPS = (_connecting, _parameters, _writing, _frames, _lights, _stages, _life)
"""The modules with the checks, in the order in which these are run."""

_ORDER = {module.__name__: place for place, module in enumerate(GROUPS)}


def conformance(
    plugin: str,
    *,
    parameters: Mapping[str, Mapping[str, object]] | None = None,
    devices: Mapping[str, str] | None = None,
    leave_alone: Iterable[str] = (),
    timeout: float = 30.0,
) -> Callable[..., None]:
    """Return a test function for pytest: one test for each driver of a plugin and each promise.

    Parameters
    ----------
    plugin : str
        The name of its entry point, or of its distribution.
    parameters : mapping of str to mapping, optional
        Connection parameters by driver name.
    devices : mapping of str to str, optional
        By driver name the device to examine (id, identity, serial number or display name), where it finds several.
    leave_alone : iterable of str
        Parameters and commands that must not be tried, such as a reset to factory settings.
    timeout : float
        Seconds for enumerating, for connecting, and for each movement.

    Examples
    --------
    >>> from pymodaq_hsi.testing import conformance
    >>> test_conformance = conformance("virtual", leave_alone=["FactoryReset"])  # doctest: +SKIP
    """
    try:
        import pytest
    except ImportError as error:
        raise ImportError("the conformance tests need pytest: pip install pymodaq-hsi[testing]") from error
    options = Options(dict(parameters or {}), dict(devices or {}), frozenset(leave_alone), timeout)
    rigs, failures = _rigs(plugin, options)
    cases = [pytest.param(None, failure, id=f"{plugin}-loads") for failure in failures]
    cases += [
        pytest.param(rig, check, id=f"{rig.driver.name}-{check.name}") for rig in rigs for check in _checks_for(rig)
    ]

    @pytest.mark.parametrize(("rig", "check"), cases)
    def test_conformance(rig: Rig | None, check: Any, request: pytest.FixtureRequest) -> None:
        if rig is None:
            pytest.fail(str(check), pytrace=False)
        module = request.node.getparent(pytest.Module)
        assert module is not None
        module.addfinalizer(rig.drop)
        finding = _run(check, rig)
        if finding is not None:
            pytest.fail(str(finding), pytrace=False)

    test: Callable[..., None] = test_conformance
    return test


def examine(
    plugin: str,
    checks: Iterable[str] | None = None,
    *,
    drivers: Iterable[str] | None = None,
    parameters: Mapping[str, Mapping[str, object]] | None = None,
    devices: Mapping[str, str] | None = None,
    leave_alone: Iterable[str] = (),
    timeout: float = 30.0,
) -> list[Finding]:
    """Run checks over a plugin and return what they find: nothing for one that keeps all promises.

    Parameters
    ----------
    plugin : str
    checks, drivers : iterable of str, optional
        Names of those to run (see `check_names`) and to examine; all by default.
    parameters, devices, leave_alone, timeout
        As for `conformance`.

    Raises
    ------
    ValueError
        There is no such check.
    DriverNotFound
        The plugin has no such driver.
    """
    wanted = set(check_names() if checks is None else checks)
    if unknown := wanted - set(check_names()):
        raise ValueError(f"there is no check {', '.join(sorted(unknown))}; there are {', '.join(check_names())}")
    options = Options(dict(parameters or {}), dict(devices or {}), frozenset(leave_alone), timeout)
    names = None if drivers is None else set(drivers)
    rigs, findings = _rigs(plugin, options, lambda driver: names is None or driver.name in names)
    if names is not None:
        if missing := names - {rig.driver.name for rig in rigs}:
            there = ", ".join(rig.driver.name for rig in rigs) or "none that loads"
            raise DriverNotFound(f"plugin {plugin} has no driver {', '.join(sorted(missing))}; it has {there}")
        rigs = [rig for rig in rigs if rig.driver.name in names]
    for rig in rigs:
        try:
            found = (_run(check, rig) for check in _checks_for(rig) if check.name in wanted)
            findings += [finding for finding in found if finding is not None]
        finally:
            rig.drop()
    return findings


def check_names(kind: DriverType | None = None) -> list[str]:
    """Return the names of all checks, or of those that concern drivers of one type."""
    return [check.name for check in _in_order() if kind is None or check.kind in (None, kind)]


def _checks_for(rig: Rig) -> list[Check]:
    return [check for check in _in_order() if check.kind in (None, rig.driver.type)]


def _in_order() -> list[Check]:
    return sorted(CHECKS, key=lambda check: _ORDER[check.run.__module__])


def _rigs(
    plugin: str, options: Options, look: Callable[[EnumeratedDriver], bool] = lambda _: False
) -> tuple[list[Rig], list[Finding]]:
    """Return the drivers to examine, and why there are none, if there are none; some look for devices at once."""
    entries = [entry for entry in installed_plugins() if plugin in (entry.name, entry.distribution)]
    if not entries:
        return [], [_not_installed(plugin)]
    result = load_plugins(options.timeout, entries, ask=look)
    loaded = [driver for driver in result.drivers if driver.type is not DriverType.Unknown]
    rigs = []
    for driver in loaded:
        found = look(driver) and driver.state is DriverState.OK  # one that failed is asked again by its checks
        rigs.append(Rig(replace(driver, state=DriverState.OK), options, result if found else None))
    names = {driver.name for driver in loaded}
    return rigs, _load_failures(plugin, entries, [error for error in result.errors if error.driver not in names])


def _not_installed(plugin: str) -> Finding:
    there = ", ".join(entry.name for entry in installed_plugins()) or "none"
    return Finding(
        plugin,
        "loads",
        "it is installed and can be imported",
        f"no plugin {plugin!r} is installed; installed are: {there}",
        "[options.entry_points] in its setup.cfg",
        "install the package (pip install -e .), with an entry point of the group pymodaq_hsi.plugins",
    )


def _load_failures(plugin: str, entries: list[PluginEntry], errors: list[EnumerationMessage]) -> list[Finding]:
    return [
        Finding(
            plugin,
            "loads",
            "it is installed and can be imported",
            str(error),
            place_in_traceback(error.details) or f"module {entries[0].value}",
            "make its import quick and free of side effects: connect hardware in open(), load SDKs there too",
        )
        for error in errors
    ]


def _run(check: Check, rig: Rig) -> Finding | None:
    try:
        check.run(rig)
    except Violation as violation:
        where = place_of(rig.driver, method=violation.method, parameter=violation.parameter)
        finding = _finding(check, rig.driver, violation.problem, where, violation.mend)
    except HsiError as error:
        finding = _unexpected(check, rig.driver, error)
    else:
        return None
    rig.drop()
    return finding


def _unexpected(check: Check, driver: EnumeratedDriver, error: HsiError) -> Finding:
    cause: BaseException | None = error
    trace = ""
    while cause is not None and not trace:
        trace = getattr(cause, "driver_traceback", "")
        cause = cause.__cause__
    where = place_in_traceback(trace) or place_of(driver)
    mend = (
        "the driver must not raise here; run it with hosting='inline' and a breakpoint at that line to see why it does"
    )
    return _finding(check, driver, f"{type(error).__name__}: {error}", where, mend)


def _finding(check: Check, driver: EnumeratedDriver, problem: str, where: str, mend: str) -> Finding:
    return Finding(driver.name, check.name, check.promise, problem, where, mend)
