"""What is wrong is refused with the exceptions that scripts catch."""

import numpy as np
from pymodaq_data.data import (
    Axis,
    DataDim,
    DataDimError,
    DataDistribution,
    DataLengthError,
    DataRaw,
    DataShapeError,
    DataSource,
    DataWithAxes,
    enum_checker,
)


def attempt(what, action, *kinds):
    try:
        action()
    except kinds as error:
        print(what, "refused by", [kind.__name__ for kind in kinds if isinstance(error, kind)])
    else:
        print(what, "accepted")


frame = DataRaw("frame", data=[np.zeros((3, 4))])
attempt("another shape", lambda: frame.append(DataRaw("b", data=[np.zeros(3)])), DataShapeError)
attempt("shapes", lambda: DataRaw("d", data=[np.zeros(3), np.zeros(4)]), DataShapeError)
attempt("text", lambda: DataRaw("d", data="nothing"), TypeError)
attempt("texts", lambda: DataRaw("d", data=["a"]), TypeError)
attempt("name", lambda: enum_checker(DataDim, "Data7D"), ValueError)
attempt("source", lambda: DataWithAxes("d", source="nowhere", data=[np.zeros(3)]), ValueError)
attempt("index", lambda: frame.isig[7, 0], IndexError)
attempt("moment", lambda: frame.moment(), DataDimError)
attempt(
    "more axes",
    lambda: DataRaw("d", data=[np.zeros(3)], axes=[Axis(data=np.arange(3.0), index=4)]),
    IndexError,
    DataLengthError,
    DataShapeError,
)
print(enum_checker(DataDim, "data1d").name, enum_checker(DataSource, DataSource.raw).name)
print([item.name for item in DataDistribution], [item.value for item in DataSource])
print(DataDim["Data0D"].dim_index, DataDim.names())
