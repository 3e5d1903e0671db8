"""Arithmetic and numpy functions on data with units."""

import numpy as np
from pymodaq_data.data import Axis, DataCalculated, DataRaw

time = Axis("time", "s", np.linspace(0, 1, 5))
volts = DataRaw("volts", data=[np.array([1.0, 2.0, 3.0, 4.0, 5.0])], axes=[time], units="V", labels=["ch"])
millivolts = DataRaw("millivolts", data=[np.full(5, 500.0)], axes=[time], units="mV")
amps = DataRaw("amps", data=[np.full(5, 2.0)], axes=[time], units="A")

total = volts + millivolts
print(total[0], total.units, total.name, total.labels)
print((volts - millivolts)[0], (volts * 2)[0], (volts / 2)[0], (2 * volts)[0], (-volts)[0])
print((volts**2)[0], abs(volts - 3 * volts)[0])
power = (volts * amps).units_as("W", inplace=False)
print(power[0], power.units)
print(((volts / millivolts).to_base_units())[0].round(6))
print(np.round(np.sqrt(volts)[0], 5), np.mean(volts)[0], volts.mean()[0], volts.value(), volts.values())
print(volts.value("mV"), volts.values(units="mV"))
volts.units_as("mV")
print(volts[0], volts.units)
volts.units_as("V")
volts.force_units("kV")
print(volts[0], volts.units)
volts.force_units("V")

try:
    volts + amps
except Exception as error:
    print("refused", isinstance(error, Exception))

print(volts > 0, volts == volts.deepcopy(), volts != millivolts, volts < 100)
dimensionless = DataRaw("counts", data=[np.array([1.0, 4.0, 9.0]), np.array([16.0, 25.0, 36.0])])
print(np.sqrt(dimensionless)[1], np.exp(dimensionless * 0)[0], np.log10(dimensionless)[0].round(4))
print((dimensionless + 1)[0], (1 + dimensionless)[1], np.add(dimensionless, dimensionless)[0])
print(np.isfinite(dimensionless)[0], np.maximum(dimensionless, 5.0)[0])
print(np.cos(DataRaw("angle", data=[np.array([0.0, 180.0])], units="deg"))[0].round(6))

average = dimensionless.average(dimensionless * 3, 1)
print(average[0], average.n_averaged, average.averaged)
running = DataRaw("running", data=[np.array([1.0])])
for index, value in enumerate([2.0, 3.0, 6.0], start=1):
    running = DataRaw("running", data=[np.array([value])]).average(running, index)
print(running[0], running.n_averaged)

phase = DataRaw("phase", data=[np.array([1 + 1j, -1.0, 2j])])
print(phase.abs()[0].round(4), phase.angle()[0].round(4), phase.real()[0], phase.imag()[0])
print(phase.abs().units, np.conj(phase)[0])
print(dimensionless.to_dB()[0].round(3))
print(DataRaw("a", data=[np.arange(6.0).reshape(2, 3)]).flipud()[0], np.fliplr(DataRaw("a", data=[np.eye(2)]))[0])
print(np.roll(volts, 1)[0], volts.pad(1)[0], np.pad(volts, (1, 0), mode="edge")[0])

volts.append(DataRaw("more", data=[np.zeros(5)], units="V", labels=["zeros"]))
print(len(volts), volts.labels, volts.pop(0)[0], len(volts), volts.get_data_index(1))
print(np.max(volts)[0], np.min(volts, axis=0)[1], np.argmax(dimensionless)[0])
print(volts.equal_to(volts * 1.001, 0.1), volts.quantities[0].to("mV").magnitude)
scaled = DataCalculated("scaled", data=[array * 2 for array in volts], labels=volts.labels)
print(scaled.source.name, scaled[0])
for index, array in enumerate(scaled):
    print(index, array.sum())
