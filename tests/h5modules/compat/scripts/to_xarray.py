"""There and back through xarray."""

import numpy as np
from pymodaq_data.data import Axis, DataRaw, DataToExport, DataWithAxes

data = DataRaw(
    "map",
    data=[np.arange(6.0).reshape(2, 3)],
    axes=[Axis("x", "mm", np.array([0.0, 1.0]), index=0), Axis("w", "nm", np.array([4.0, 5.0, 6.0]), index=1)],
    nav_indexes=(0,),
    units="V",
    errors=[np.full((2, 3), 0.1)],
)
dataset = data.to_xarray()
print(sorted(dataset.sizes.values()))
back = DataWithAxes.from_xarray(dataset)
print(back == data, back.units, back.nav_indexes, back.errors[0].max())
tree = DataToExport("set", data=[data, DataRaw("other", data=[np.arange(3.0)], origin="bench")]).to_xarray()
print(DataToExport.from_xarray(tree).get_names())
