"""Axes of a spectrometer: made, converted, searched and sliced."""

import numpy as np
from pymodaq_data import Q_, Unit
from pymodaq_data.data import Axis, NavAxis

pixels = Axis("pixels", units="", data=np.arange(8.0))
print(pixels.label, pixels.units, pixels.size, len(pixels), pixels.offset, pixels.scaling)

wavelength = pixels * 2.5 + 400.0
wavelength.label, wavelength.units = "wavelength", "nm"
print(wavelength.get_data(), wavelength.min(), len(wavelength.get_data()))
print(wavelength.is_axis_linear(), wavelength.index)
print(wavelength.find_index(411.0), wavelength.find_indexes([400.0, 416.0]))
print(wavelength.get_data_at(2), wavelength.get_data_at([0, 3]), wavelength.get_data_at(slice(2, 4)))

microns = wavelength.units_as("um", inplace=False)
print(Unit(microns.units) == Unit("um"), wavelength.units)
print(wavelength.iaxis[1:3].get_data(), wavelength.vaxis[405.0:413.0].get_data())

line = Axis("time", units="s", offset=1.0, scaling=0.5, size=4, index=1)
print(line.get_data(), line.data, line.size, line.index)
line.scaling = 0.25
line.size = 6
print(line.get_data())
line.create_linear_data(3)
print(line.get_data(), Axis.create_simple_linear_data(4))

curved = Axis("curved", data=np.array([1.0, 2.0, 4.0, 8.0]), spread_order=1)
print(curved.is_axis_linear(), curved.spread_order, curved.get_data())
curved.flip()
print(curved.get_data())
print(curved.min(), curved.max(), curved.mean())
print(curved == curved.copy(), curved == wavelength)

from_quantity = Axis.from_quantity(Q_(np.array([1.0, 2.0, 3.0]), "mm"), label="position", index=2)
print(from_quantity.label, Unit(from_quantity.units) == Unit("mm"), from_quantity.index)
print(wavelength.get_quantity().to("um").magnitude.round(4))
print(wavelength.as_dwa().name, wavelength.as_dwa().shape)

nav = NavAxis("scan", units="mm", data=np.linspace(0, 1, 3), index=0)
print(isinstance(nav, Axis), nav.get_data())

for bad in (lambda: Axis(label=12), lambda: Axis(index=-1), lambda: Axis(data=[1, 2, 3])):
    try:
        bad()
    except (TypeError, ValueError) as error:
        print(type(error).__mro__[-3].__name__ in ("Exception", "TypeError", "ValueError"))
