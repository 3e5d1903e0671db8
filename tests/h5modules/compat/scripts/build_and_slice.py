"""A hyperspectral map: built, sliced by index and by value, reduced, cropped, sorted."""

import numpy as np
from pymodaq_data import data as data_mod
from pymodaq_data.data import Axis, DataCalculated, DataDim, DataDistribution, DataRaw, DataSource, DataWithAxes

rng = np.random.default_rng(1)
x = Axis("x", "um", np.linspace(0, 2, 3), index=0)
y = Axis("y", "um", np.linspace(10, 13, 4), index=1)
energy = Axis("energy", "eV", np.linspace(1.5, 2.5, 5), index=2)
cube = DataWithAxes(
    "cube",
    source=DataSource["raw"],
    dim=DataDim["DataND"],
    distribution=DataDistribution["uniform"],
    data=[rng.random((3, 4, 5)), rng.random((3, 4, 5)) + 1],
    labels=["lockin X", "lockin Y"],
    axes=[x, y, energy],
    nav_indexes=(0, 1),
    units="V",
    errors=[np.full((3, 4, 5), 0.1), np.full((3, 4, 5), 0.2)],
    gain=3,
)
print(cube.shape, cube.size, cube.length, len(cube), cube.dim, cube.dim.name, cube.source.name)
print(
    cube.nav_indexes,
    [int(index) for index in cube.sig_indexes],
    cube.n_axes,
    cube.labels,
    cube.units,
    cube.gain,
    cube.extra_attributes,
)
print([axis.label for axis in cube.axes], [axis.label for axis in cube.get_nav_axes()], cube.get_axis_indexes())
print(cube.get_axis_from_index(2)[0].label, cube.get_axis_from_label("y").index)
print(len(cube.axes_limits()), cube.get_data_dimension())
print(cube.axes_manager.nav_shape, cube.axes_manager.sig_shape)

spectrum = cube.inav[1, 2]
print(spectrum.shape, spectrum.dim.name, np.round(spectrum[0], 4), [axis.label for axis in spectrum.axes])
line = cube.inav[0, :]
print(line.shape, line.nav_indexes, line.sig_indexes == (1,))
part = cube.inav[0:2, 1:3].isig[2:]
print(part.shape, part.get_axis_from_index(2)[0].get_data())
print(np.round(cube.vnav[1.0, 12.0][0], 4))
band = cube.vsig[1.76:2.26]
print(band.shape, band.get_axis_from_index(2)[0].get_data())
print(np.round(cube.isig[0][0], 3))
picture = cube.isig[2]
print(picture.shape, picture.nav_indexes)

mean = cube.mean(axis=2)
print(mean.shape, mean.nav_indexes, np.round(mean[0], 4).tolist())
print(np.round(cube.sum(axis=0)[1], 4).shape, cube.sum(0).get_axis_from_index(0)[0].label)
total = np.sum(cube, axis=2)
print(total.shape, np.max(cube, axis=(0, 1)).shape, np.round(np.std(spectrum)[0], 4))
print(isinstance(cube.mean(axis=2), DataWithAxes))

copy = cube.deepcopy()
copy[0][:] = 0.0
print(cube == cube.deepcopy(), cube == copy, copy[0].max())
new = cube.deepcopy_with_new_data([np.ones((3, 4))], remove_axes_index=[2])
print(new.shape, [axis.label for axis in new.axes], new.source.name)
print(cube.stack_as_array().shape, cube.stack_as_array(axis=-1).shape, list(cube.to_dict()))
print(cube.errors[1].mean().round(3), cube.get_error(0).shape, cube.errors_as_dwa().name)

unsorted = DataRaw("unsorted", data=[np.arange(4.0)], axes=[Axis("x", data=np.array([3.0, 1.0, 2.0, 0.0]))])
print(unsorted.sort_data()[0], unsorted.sort_data().axes[0].get_data())
unsorted.sort_data(inplace=True)
print(unsorted[0])

spread = DataRaw(
    "adaptive",
    distribution="spread",
    data=[np.arange(10.0).reshape(5, 2)],
    nav_indexes=(0,),
    axes=[
        Axis("px", "mm", data=np.array([0.0, 2.0, 1.0, 4.0, 3.0]), index=0, spread_order=0),
        Axis("py", "mm", data=np.array([5.0, 1.0, 1.0, 0.0, 3.0]), index=0, spread_order=1),
        Axis("s", "mm", data=np.array([0.0, 1.0]), index=1),
    ],
)
print(spread.shape, spread.distribution.name, spread.inav[2][0], spread.sort_data(spread_index=1)[0].tolist())
print([axis.label for axis in spread.get_axis_from_index(0)], spread.get_axis_from_index_spread(0, 1).label)

frame = DataRaw("frame", data=[np.arange(12).reshape(3, 4)])
print(frame.dim, frame.axes, frame.get_axis_from_index(0))
frame.create_missing_axes()
print([(axis.index, axis.size) for axis in frame.axes])
print(frame.rot90().shape)
frame.transpose()
print(frame[0].shape)
print(frame.isig[1:3, 0].shape)

gauss = DataCalculated(
    "gauss", data=[np.exp(-(np.linspace(-3, 3, 31) ** 2))], axes=[Axis("t", "s", np.linspace(-3, 3, 31))]
)
centre, width = gauss.moment()
print(np.round(centre[0], 6), np.round(width[0], 4))
gauss.isig[0:2] = np.zeros(2)
print(gauss[0][:3].round(5))
print(data_mod.DataDim.Data1D == "Data1D", data_mod.DataDim["Data2D"] > data_mod.DataDim["Data1D"])
print(data_mod.DataDim.names(), data_mod.DataDim.from_data_array(np.zeros((2, 3))))
