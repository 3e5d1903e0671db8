"""A DataToExport with what several detectors gave."""

import numpy as np
from pymodaq_data import Axis, DataRaw, DataToExport
from pymodaq_data.data import DataCalculated, DataDim, DataFromRoi, DataSource

camera = DataRaw("image", data=[np.arange(12.0).reshape(3, 4)], origin="camera", labels=["ccd"])
spectrum = DataRaw("spectrum", data=[np.arange(5.0)], origin="spectro", axes=[Axis("wl", "nm", np.linspace(4, 8, 5))])
power = DataRaw("power", data=[np.array([0.5]), np.array([0.7])], origin="meter", labels=["A", "B"], do_save=True)
roi = DataFromRoi("roi", data=[np.array([3.0])], origin="camera", index_in="ROI_00")
dte = DataToExport("all", data=[camera, spectrum, power])
dte.append(roi)
print(len(dte), dte.name, dte.get_names(), dte.get_full_names(), sorted(dte.get_origins()))
print(dte.get_names("Data0D"), dte.get_full_names(DataDim.Data2D), dte.get_dim_presents())
print([dwa.name for dwa in dte], dte[0].name, dte[-1].name if False else dte[3].name, len(dte[1:3]))
print(dte.get_data_from_dim("Data0D").get_names(), sorted(dte.get_data_from_dims(["Data1D", "Data2D"]).get_names()))
print(dte.get_data_from_source(DataSource.calculated).get_names(), sorted(dte.get_data_from_source("raw").get_names()))
print(dte.get_data_from_name("spectrum")[0], dte.get_data_from_name("nobody"))
print(dte.get_data_from_names(["power", "roi"]).get_names(), dte.get_data_from_full_name("meter/power").labels)
print(dte.get_data_from_full_names(["meter/power", "camera/roi"]).get_names())
print(dte.get_data_from_name_origin("image", "camera").shape, dte.index_from_name_origin("power", "meter"))
print(
    dte.get_data_from_attribute("do_save", True).get_names(),
    dte.get_data_from_missing_attribute("index_in").get_names(),
)
print(dte.get_data_from_Naxes(2).get_names(), dte.get_data_from_sig_axes(1).get_names())
print(dte.get_data_with_naxes_lower_than(1).get_names(), dte.get_data_from_origins("camera").get_names())

replaced = DataRaw("power", data=[np.array([9.0]), np.array([8.0])], origin="meter")
dte.append(replaced)
print(len(dte), dte.get_data_from_name("power")[0])
dte.append([DataRaw("new", data=[np.zeros(5)], origin="spectro")])
dte.append(DataToExport("other", data=[DataRaw("inner", data=[np.ones(2)])]))
print(dte.get_full_names())
merged = dte.get_data_from_name("spectrum").as_dte("two")
merged.append(DataRaw("copy", data=[np.ones(5)], origin="spectro"))
one = merged.merge_as_dwa("Data1D", name="merged")
print(one.name, len(one), one.shape, one.labels)
print(merged.merge_as_dwa(DataDim["Data2D"]))
print(dte.pop(0).name, len(dte))
print(dte.remove(dte[0]).name, len(dte), dte.index(dte[1]))

doubled = merged * 2
print(
    doubled[0][0], (doubled - merged)[0][0], (doubled + merged)[1][0], (merged / 2)[0][0], (merged == merged.deepcopy())
)
print(merged.average(doubled, 1)[0][0])
parts = power.split_as_dte("parts")
print(parts.get_names(), len(parts))
print([dwa.name for dwa in dte.get_data_from_dim("Data1D", sort_by_name=True)])
copied = dte.get_data_from_dim("Data1D", deepcopy=True)
copied[0][0][:] = -1
print(dte.get_data_from_dim("Data1D")[0][0].min() != -1)
tagged = DataToExport("tagged", data=[], operator="me")
print(tagged.operator, tagged.extra_attributes, len(tagged), isinstance(tagged.timestamp, float))
calculated = DataCalculated("sum", data=[np.array([dwa[0].sum()]) for dwa in merged])
print(calculated.labels, [float(array[0]) for array in calculated])
for bad in (lambda: DataToExport("bad", data=camera), lambda: DataToExport("bad", data=[np.zeros(3)])):
    try:
        bad()
    except TypeError:
        print("refused")
