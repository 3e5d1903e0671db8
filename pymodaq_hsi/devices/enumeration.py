"""Finding drivers and devices; every driver answers for itself, in a process of its own."""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Any

from pymodaq_hsi.devices.found import (
    EnumeratedDevice,
    EnumeratedDriver,
    EnumerationMessage,
    EnumerationResult,
    same_identities,
    same_names,
)
from pymodaq_hsi.devices.plugins import PluginEntry, installed_plugins
from pymodaq_hsi.devices.timeouts import as_seconds
from pymodaq_hsi.drivers import DriverState, DriverType, ParameterInfo, ParameterSpec
from pymodaq_hsi.errors import DeviceTimeout, DriverCrashed, DriverNotFound, HsiError, PluginError
from pymodaq_hsi.hosting.inline import Hosting, host_class

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pymodaq_hsi.hosting.process import HostProcess

CLEAN_UP = 0.5
"""Seconds that a driver has to let go of what it has opened to look for devices."""

_AGAIN = 1.0
"""Seconds to ask all drivers at the least, after some that did not have what was looked for."""

__all__ = [
    "EnumeratedDevice",
    "EnumeratedDriver",
    "EnumerationMessage",
    "EnumerationResult",
    "enumerate_devices",
    "enumerate_plugin",
    "find_devices",
    "find_driver",
    "load_plugins",
]


_seen: dict[str, EnumeratedDriver] = {}  # so that connecting what was enumerated does not ask all plugins again
_seen_devices: dict[tuple[str, str], EnumeratedDevice] = {}  # by driver and id
_shared: set[str] = set()  # names of drivers that several plugins have


def enumerate_devices(
    driver_type: DriverType | int | None = None, timeout: float = 5.0, *, hosting: Hosting = "process"
) -> EnumerationResult:
    """Find the drivers of all installed plugins and the devices that they see.

    Returns as soon as all have answered, at the latest after `timeout` seconds.

    Parameters
    ----------
    driver_type : DriverType, optional
        Ask only drivers of this type; None (or -1) asks all.
    timeout : float
        Seconds. GigE Vision cameras need more than three to be discovered.
    hosting : {"process", "inline"}
        "inline" runs the plugins in this process, each driver in a thread, for debugging them with breakpoints:
        then a driver that crashes ends the application, and one that hangs leaves its thread behind.

    Returns
    -------
    EnumerationResult
        With the drivers that failed, and why: one that raises, crashes or hangs costs its own devices only.
    """
    return _enumerate(installed_plugins(), _wanted_type(driver_type), timeout, hosting=hosting)


def enumerate_plugin(plugin: PluginEntry, driver_type: DriverType, timeout: float) -> EnumerationResult:
    """Return what one plugin alone finds, as `enumerate_devices` does."""
    return _enumerate([plugin], driver_type, timeout)


def find_devices(names: Iterable[str], timeout: float = 5.0, *, also: DriverType | None = None) -> EnumerationResult:
    """Look for some devices, asking as few drivers as possible for theirs.

    Where a name begins with a driver's, as identities do, only that driver is asked. For any other name (a display
    name, an id), and if one is not found, all are, as by `enumerate_devices`.

    Parameters
    ----------
    names : iterable of str
        What `EnumerationResult.device` takes.
    timeout : float
        Seconds.
    also : DriverType, optional
        All drivers of this type are asked too.

    Returns
    -------
    EnumerationResult
    """
    deadline = time.monotonic() + as_seconds(timeout)
    wanted = list(names)
    of_drivers = {name.partition(":")[0] for name in wanted}
    plugins = installed_plugins()
    if all(name.isidentifier() for name in of_drivers):
        seen = [_seen.get(name) for name in of_drivers]
        known = [driver.plugin for driver in seen if driver is not None and driver.name not in _shared]
        sure = also is None and len(known) == len(of_drivers)
        asked = [plugin for plugin in plugins if plugin in known or not sure]
        result = _enumerate(
            asked, None, timeout, of_interest=lambda driver: driver.name in of_drivers or driver.type is also
        )
        if all(result.has(name) for name in wanted):
            return result
    return _enumerate(plugins, None, max(_AGAIN, deadline - time.monotonic()))


def load_plugins(
    timeout: float = 5.0,
    plugins: Iterable[PluginEntry] | None = None,
    *,
    ask: Callable[[EnumeratedDriver], bool] = lambda _: False,
) -> EnumerationResult:
    """Return the drivers of plugins (by default of all installed ones); only those to `ask` look for their devices."""
    return _enumerate(installed_plugins() if plugins is None else plugins, None, timeout, of_interest=ask)


def find_driver(name: str, driver_type: DriverType | int | None = None, timeout: float = 5.0) -> EnumeratedDriver:
    """Return the driver of this name, without asking any for its devices.

    Raises
    ------
    DriverNotFound
        With the drivers that there are.
    """
    wanted = _wanted_type(driver_type)
    plugins = installed_plugins()
    remembered = _seen.get(name)
    if remembered is not None and remembered.plugin in plugins and wanted in (None, remembered.type):
        return remembered

    def named(drivers: list[EnumeratedDriver]) -> list[EnumeratedDriver]:
        """Return those of the name, of the type that is wanted first."""
        found = [driver for driver in drivers if driver.name == name and driver.state is DriverState.OK]
        return sorted(found, key=lambda driver: wanted not in (None, driver.type))

    def enough(task: _PluginTask) -> bool:
        return any(wanted in (None, driver.type) for driver in named(task.drivers))

    result = _enumerate(plugins, None, timeout, names_only=True, enough=enough)
    for driver in named(result.drivers)[:1]:
        if wanted is None or wanted is driver.type:
            return driver
        kind = driver.type
        raise DriverNotFound(f"driver {name} is of type {kind.name} ({kind.value}), not {wanted.name} ({wanted.value})")
    there = ", ".join(driver.name for driver in result.drivers) or "none; no driver plugin is installed"
    problems = "".join(f". {error}" for error in result.errors)
    raise DriverNotFound(f"no driver {name!r} is installed; there are: {there}{problems}")


def seen_device(driver: str, device_id: str) -> dict[str, str]:
    """Return what enumeration has told last of a device; nothing where it has not."""
    device = _seen_devices.get((driver, device_id))
    return {} if device is None or driver in _shared else device.known()


def _wanted_type(driver_type: DriverType | int | None) -> DriverType | None:
    try:
        wanted = None if driver_type is None else DriverType(driver_type)
    except ValueError:
        known = ", ".join(f"{kind.name} ({kind.value})" for kind in DriverType if kind is not DriverType.Unknown)
        raise ValueError(f"there is no driver type {driver_type!r}; it is {known}, or -1 for all") from None
    return None if wanted is DriverType.Unknown else wanted


def _enumerate(
    plugins: Iterable[PluginEntry],
    wanted: DriverType | None,
    timeout: float,
    *,
    names_only: bool = False,
    of_interest: Callable[[EnumeratedDriver], bool] = lambda _: True,
    hosting: Hosting = "process",
    enough: Callable[[_PluginTask], bool] = lambda _: False,
) -> EnumerationResult:
    """Ask all plugins at once; the others are left alone as soon as one has said `enough`."""
    deadline = time.monotonic() + as_seconds(timeout)
    host = host_class(hosting)
    asked = (lambda _: False) if names_only else of_interest
    tasks = [_PluginTask(plugin, wanted, deadline, host, asked) for plugin in plugins]
    finished: queue.SimpleQueue[_PluginTask] = queue.SimpleQueue()

    def run(task: _PluginTask) -> None:
        try:
            task.run()
        finally:
            finished.put(task)

    threads = [
        threading.Thread(target=run, args=(task,), name=f"enumerate {task.plugin.name}", daemon=True) for task in tasks
    ]
    started: list[threading.Thread] = []
    try:
        for thread in threads:
            thread.start()
            started.append(thread)
        for _ in tasks:
            if enough(finished.get()):
                break
    except RuntimeError as error:  # no more threads, or the interpreter is shutting down
        raise PluginError(f"cannot ask the {len(tasks)} plugins for their drivers: {error}") from error
    finally:
        for task in tasks:
            task.cancel()
        for thread in started:
            thread.join()
    result = EnumerationResult()
    for task in tasks:
        result.drivers += task.drivers
        result.devices += [device for driver in task.drivers for device in task.devices.get(driver.name, [])]
        result.errors += task.errors
    named_twice = same_names(result.drivers)
    result.warnings += named_twice + same_identities(result.devices)
    _shared.update(warning.driver for warning in named_twice)
    _seen.update({driver.name: driver for driver in reversed(result.drivers) if driver.state is DriverState.OK})
    _seen_devices.update({(device.driver.name, device.id): device for device in result.devices})
    return result


class _PluginTask:
    """Asks one plugin for its drivers and each of those for its devices, until a common deadline."""

    def __init__(
        self,
        plugin: PluginEntry,
        wanted: DriverType | None,
        deadline: float,
        host_class: type[HostProcess],
        of_interest: Callable[[EnumeratedDriver], bool],
    ) -> None:
        self.plugin = plugin
        self.drivers: list[EnumeratedDriver] = []
        self.devices: dict[str, list[EnumeratedDevice]] = {}
        self.errors: list[EnumerationMessage] = []
        self._wanted = wanted
        self._deadline = deadline
        self._host_class = host_class
        self._of_interest = of_interest
        self._lock = threading.Lock()
        self._hosts: list[HostProcess] = []
        self._cancelled = False

    def run(self) -> None:
        """Do it all; nothing is raised."""
        host = self._start_host(self.plugin.name)
        if host is None:
            return
        try:
            if self._load(host):
                self._enumerate_all(host, [driver for driver in self.drivers if self._of_interest(driver)])
        finally:
            self._dismiss(host)

    def cancel(self) -> None:
        """End what is still going on."""
        with self._lock:
            self._cancelled = True
            hosts = list(self._hosts)
        for host in hosts:
            host.kill()

    def _start_host(self, title: str) -> HostProcess | None:
        with self._lock:
            if self._cancelled:
                return None
            try:
                host = self._host_class(title, self.plugin.host_config())
            except HsiError as error:
                self._plugin_failed(DriverState.LoadError, error)
                return None
            self._hosts.append(host)
            return host

    def _dismiss(self, host: HostProcess) -> None:
        """End a process; one that has answered may clean up."""
        host.dismiss(min(CLEAN_UP, max(0.0, self._deadline - time.monotonic())), patience=0.0)
        with self._lock:
            self._hosts.remove(host)

    def _load(self, host: HostProcess) -> bool:
        try:
            answer = host.request("load", self._left())
        except DeviceTimeout as error:
            self._plugin_failed(DriverState.LoadTimeout, error)
        except DriverCrashed as error:
            self._plugin_failed(DriverState.Crashed, error)
        except HsiError as error:
            self._plugin_failed(DriverState.LoadError, error)
        else:
            drivers = [
                EnumeratedDriver(
                    name=found["name"],
                    type=DriverType(found["type"]),
                    description=found["description"],
                    version=found["version"] or self.plugin.version,
                    state=DriverState.OK,
                    plugin=self.plugin,
                )
                for found in answer
            ]
            self.drivers = [driver for driver in drivers if self._wanted in (None, driver.type)]
            return True
        return False

    def _enumerate_all(self, host: HostProcess, drivers: Sequence[EnumeratedDriver]) -> None:
        """Use the process that loaded the plugin for one driver, and one more process for each other."""
        threads = []
        for driver in drivers[1:]:
            thread = threading.Thread(target=self._enumerate_apart, args=(driver,), daemon=True)
            try:
                thread.start()
            except RuntimeError as error:  # no more threads
                self._driver_failed(driver, DriverState.EnumerationError, PluginError(str(error)))
            else:
                threads.append(thread)
        if drivers:
            self._enumerate_driver(host, drivers[0])
        for thread in threads:
            thread.join()

    def _enumerate_apart(self, driver: EnumeratedDriver) -> None:
        host = self._start_host(driver.name)
        if host is None:
            return
        try:
            self._enumerate_driver(host, driver)
        finally:
            self._dismiss(host)

    def _enumerate_driver(self, host: HostProcess, driver: EnumeratedDriver) -> None:
        host.title = driver.name
        try:
            found = host.request("enumerate", self._left(), driver=driver.name)
            self.devices[driver.name] = [_device(driver, item) for item in found]
        except DriverCrashed as error:
            self._driver_failed(driver, DriverState.Crashed, error)
        except HsiError as error:
            self._driver_failed(driver, DriverState.EnumerationError, error)

    def _plugin_failed(self, state: DriverState, error: HsiError) -> None:
        name = self.plugin.name
        source = f"{self.plugin.distribution} {self.plugin.version}".strip()
        self.drivers = [EnumeratedDriver(name, DriverType.Unknown, source, self.plugin.version, state, self.plugin)]
        details = getattr(error, "driver_traceback", "")
        self.errors.append(EnumerationMessage(f"plugin {name} ({source}) could not be loaded: {error}", name, details))

    def _driver_failed(self, driver: EnumeratedDriver, state: DriverState, error: HsiError) -> None:
        driver.state = state
        details = getattr(error, "driver_traceback", "")
        self.errors.append(
            EnumerationMessage(f"driver {driver.name} could not enumerate its devices: {error}", driver.name, details)
        )

    def _left(self) -> float:
        return max(0.01, self._deadline - time.monotonic())


def _device(driver: EnumeratedDriver, found: dict[str, Any]) -> EnumeratedDevice:
    specs = [ParameterSpec.from_message(message) for message in found["connection_parameters"]]
    return EnumeratedDevice(
        id=found["id"],
        display_name=found["display_name"] or found["model"] or driver.name,
        driver=driver,
        parameter_info=ParameterInfo(specs, device=driver.name),
        manufacturer=found["manufacturer"],
        model=found["model"],
        serial_number=found["serial_number"],
    )
