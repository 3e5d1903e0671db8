"""Connected devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymodaq_hsi.compat.fluxengine.buffers import Buffer
from pymodaq_hsi.compat.fluxengine.enumeration import ConnectionSettings, Handle, check_handle
from pymodaq_hsi.compat.fluxengine.parameters import Parameter, ParameterInfo
from pymodaq_hsi.compat.fluxengine.words import Text, seconds
from pymodaq_hsi.devices import AcquisitionParameters, connect
from pymodaq_hsi.devices import ActuatorDevice as OurActuator
from pymodaq_hsi.devices import Device as OurDevice
from pymodaq_hsi.devices import InstrumentDevice as OurInstrument
from pymodaq_hsi.devices import LightControlDevice as OurLight
from pymodaq_hsi.drivers import DriverType, LightState, ParameterListType, Value
from pymodaq_hsi.errors import AcquisitionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.drivers import ParameterSpec

__all__ = ["ActuatorDevice", "Device", "DeviceGroup", "InstrumentDevice", "LightControlDevice"]


_ListType = ParameterListType  # the class below has the documents' name for it inside


class Device:
    """What all devices have in common."""

    ParameterListType = ParameterListType

    def __init__(self, ours: OurDevice, group: DeviceGroup) -> None:
        self._device = ours
        self.deviceGroup = group

    def __repr__(self) -> str:
        return repr(self._device)

    @property
    def ours(self) -> Any:
        """The `pymodaq_hsi.Device`."""
        return self._device

    @property
    def name(self) -> str:
        """Of the driver."""
        return self._device.name

    @property
    def displayName(self) -> Text:
        """Also as ``displayName()``."""
        return Text(self._device.display_name)

    @property
    def serialNumber(self) -> str:
        """'' where it has none."""
        return self._device.serial_number

    @property
    def type(self) -> DriverType:
        """What kind of device it is."""
        return self._device.type

    @property
    def connected(self) -> bool:
        """Whether its driver is there and has it open."""
        return self._device.connected

    def parameterList(self, type: _ListType = _ListType.Parameter) -> ParameterInfo:
        """Return one of the three lists: `Device.ParameterListType` Parameter, MetaInfo or Status."""
        return ParameterInfo(self._device.parameter_list(type))

    def getParameter(self, name: str) -> Value:
        """Return a value in the parameter's type.

        Raises
        ------
        UnknownParameter, ParameterError, DeviceLost, DriverError, DeviceTimeout
        """
        return self._device.get_parameter(name)

    def setParameter(self, name: str, value: object) -> Value:
        """Set a value, typed or as a string; returns what the device took.

        Raises
        ------
        UnknownParameter, ParameterError, DeviceLost, DriverError, DeviceTimeout
        """
        return self._device.set_parameter(name, value)

    def executeCommand(self, name: str) -> None:
        """Run a command parameter.

        Raises
        ------
        UnknownParameter, ParameterError, DeviceLost, DriverError, DeviceTimeout
        """
        self._device.execute(name)

    def onParametersChanged(self, callback: Callable[[list[Parameter]], None]) -> Callable[[], None]:
        """Have `callback(parameters)` called when values, limits or access change; returns a function that ends it.

        It is called in a thread of the connection: be quick, and do not call the device from it.
        """
        info = self._device.all_parameters()

        def tell(specs: list[ParameterSpec]) -> None:
            callback([Parameter(info, spec.name) for spec in specs])

        return self._device.on_parameters_changed(tell)


class _AcquisitionParameters:
    """How to acquire.

    Attributes
    ----------
    bufferCount : int
        Up to those set up.
    referenceName : str or None
        "WhiteReference", "DarkReference" or None.
    """

    __slots__ = ("bufferCount", "referenceName")

    def __init__(self, bufferCount: int = 5, referenceName: str | None = None) -> None:
        self.bufferCount = bufferCount
        self.referenceName = referenceName


class InstrumentDevice(Device):
    """A camera or spectrometer."""

    AcquisitionParameters = _AcquisitionParameters

    def __init__(self, ours: OurInstrument, group: DeviceGroup) -> None:
        super().__init__(ours, group)
        self._instrument = ours

    def setupInternalBuffers(self, count: int) -> None:
        """Size the shared memory; at least 5.

        Raises
        ------
        AcquisitionError
        """
        self._instrument.setup_internal_buffers(count)

    def startAcquisition(self, parameters: _AcquisitionParameters | None = None) -> None:
        """Start; frames come until `stopAcquisition`. Lights are forced off for a dark reference.

        Raises
        ------
        AcquisitionError, DriverError, DeviceLost, DeviceTimeout
        """
        given = parameters or _AcquisitionParameters()
        self._instrument.start_acquisition(AcquisitionParameters(given.bufferCount, given.referenceName))

    def stopAcquisition(self) -> None:
        """Stop; lights are put back. Does nothing when stopped."""
        self._instrument.stop_acquisition()

    def retrieveBuffer(self, timeout: float) -> Buffer | None:
        """Return the next frame, or None if none came within `timeout` milliseconds.

        Raises
        ------
        AcquisitionError, DriverError, DeviceLost, DriverCrashed
        """
        buffer = self._instrument.retrieve_buffer(seconds(timeout))
        return None if buffer is None else Buffer(buffer)

    def returnBuffer(self, buffer: Buffer) -> None:
        """Give a buffer back; its data refuse from now on."""
        if not isinstance(buffer, Buffer):
            raise AcquisitionError(
                f"returnBuffer takes what retrieveBuffer gave, not {buffer!r}; that is None when no frame came in time"
            )
        self._instrument.return_buffer(buffer.ours)


class LightControlDevice(Device):
    """A light: its parameters are the user's, its state is the application's."""

    State = LightState
    ForceState = LightState
    Parametrized = LightState.Parametrized
    ForcedOff = LightState.ForcedOff

    def __init__(self, ours: OurLight, group: DeviceGroup) -> None:
        super().__init__(ours, group)
        self._light = ours

    @property
    def state(self) -> LightState:
        """`Parametrized` or `ForcedOff`."""
        return self._light.state

    @state.setter
    def state(self, state: LightState | int) -> None:
        self.setState(state)

    def getState(self) -> LightState:
        """Return `state`."""
        return self._light.state

    def setState(self, state: LightState | int) -> None:
        """Switch, and wait until the light is steady."""
        self._light.set_state(LightState(state))


class ActuatorDevice(Device):
    """A stage; the documents know none. What it can do beyond its parameters is `ours`."""


class DeviceGroup:
    """A connected device with its sub-devices; a context manager that disconnects.

    Parameters
    ----------
    handle : Handle
    settings : ConnectionSettings
    timeout : float, optional
        Milliseconds; that of the settings by default.

    Raises
    ------
    ParameterError, ConnectionFailed, DriverCrashed, DeviceTimeout, DriverNotFound
    """

    def __init__(self, handle: Handle, settings: ConnectionSettings, timeout: float | None = None) -> None:
        check_handle(handle)
        self.ours = connect(settings.to_ours(timeout))
        self._devices = [_wrapped(device, self) for device in self.ours.devices()]

    def __enter__(self) -> DeviceGroup:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def connected(self) -> bool:
        """Whether the driver's process is there and has the device open."""
        return self.ours.connected

    def primaryDevice(self) -> Any:
        """Return the device that was connected: an `InstrumentDevice`, say."""
        return self._devices[0]

    def devices(self) -> list[Device]:
        """Return the primary device and its sub-devices."""
        return list(self._devices)

    def subDevices(self) -> list[Device]:
        """Return the sub-devices."""
        return self._devices[1:]

    def reconnect(self, timeout: float | None = None) -> None:
        """Connect a lost device again, within `timeout` milliseconds; the device objects stay the same."""
        self.ours.reconnect(None if timeout is None else seconds(timeout))

    def close(self) -> None:
        """Disconnect."""
        self.ours.close()

    disconnect = close


def _wrapped(device: OurDevice, group: DeviceGroup) -> Device:
    if isinstance(device, OurInstrument):
        return InstrumentDevice(device, group)
    if isinstance(device, OurLight):
        return LightControlDevice(device, group)
    return ActuatorDevice(device, group) if isinstance(device, OurActuator) else Device(device, group)
