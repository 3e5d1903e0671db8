"""What PyMoDAQ's data does itself and other packages do here."""

from __future__ import annotations

__all__ = ["way_to"]

_WAYS = {
    "fit": "scipy.optimize.curve_fit(function, axis.get_data(), data[0], p0=...), or to_xarray()[name].curvefit()",
    "find_peaks": "scipy.signal.find_peaks(data[0])",
    "ft": "numpy.fft.fft(data[0]), or the package xrft on to_xarray()",
    "ift": "numpy.fft.ifft(data[0]), or the package xrft on to_xarray()",
    "interp": "to_xarray().interp(...) and from_xarray(), or numpy.interp(x, axis.get_data(), data[0])",
    "plot": "to_xarray()[name].plot(), or matplotlib with axis.get_data() and data[0]",
    "serialize": "a file (h5modules.data_saving) or to_xarray().to_netcdf()",
    "deserialize": "a file (h5modules.data_saving) or from_xarray()",
}


def way_to(name: str, owner: object) -> str:
    """Return the message for an attribute that data does not have; it names the way where there is one."""
    message = f"{type(owner).__name__!r} object has no attribute {name!r}"
    if name in _WAYS:
        message += f": xarray, scipy and others do that, and to_xarray() is the door to them; use {_WAYS[name]}"
    return message
