"""Whatever is written is read back: over sample types, layouts, byte orders and offsets."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pymodaq_hsi.envi import open_envi, read_header, write_envi

DTYPES = st.sampled_from(["u1", "i2", "i4", "f4", "f8", "c8", "c16", "u2", "u4", "i8", "u8"])
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)


@settings(max_examples=80, deadline=None, derandomize=True)
@example(
    cube=np.ones((1, 1, 1), "u1"), interleave="bsq", byte_order="little", offset=70, as_lines=True, memory_map=True
)
@given(
    cube=st.tuples(DTYPES, st.sampled_from("<>")).flatmap(
        lambda kind: hnp.arrays(kind[1] + kind[0], hnp.array_shapes(min_dims=3, max_dims=3, max_side=5))
    ),
    interleave=st.sampled_from(["bip", "bil", "bsq"]),
    byte_order=st.sampled_from(["little", "big"]),
    offset=st.integers(0, 70),
    as_lines=st.booleans(),
    memory_map=st.booleans(),
)
def test_samples_come_back_bit_for_bit(cube, interleave, byte_order, offset, as_lines, memory_map):
    with tempfile.TemporaryDirectory() as folder:
        path = write_envi(
            Path(folder) / "x",
            iter(cube) if as_lines else cube,
            interleave=interleave,
            byte_order=byte_order,
            header_offset=offset,
        )
        opened = open_envi(path, memory_map=memory_map)
        header = opened.header
        assert (header.interleave, header.header_offset, opened.shape) == (interleave, offset, cube.shape)
        assert header.data_type == cube.dtype.newbyteorder({"little": "<", "big": ">"}[byte_order])
        assert opened.data.astype(cube.dtype).tobytes() == cube.tobytes()
        assert opened.warnings == ()


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    wavelengths=st.lists(st.floats(100, 1e5), min_size=1, max_size=6),
    ignore=st.one_of(st.none(), st.floats(), st.integers(-(2**63), 2**64 - 1)),
    scale=st.one_of(st.none(), st.floats(1e-6, 1e9)),
    metadata=st.dictionaries(st.from_regex(r"[a-z][a-z0-9]{3,8}y", fullmatch=True), TEXT, max_size=4),
    values=st.lists(st.one_of(st.integers(), st.floats(allow_nan=False)), min_size=1, max_size=4),
)
def test_descriptions_come_back_exactly(wavelengths, ignore, scale, metadata, values):
    metadata = {key: "x" + text.replace("{", "").replace("[", "") for key, text in metadata.items()}
    with tempfile.TemporaryDirectory() as folder:
        path = write_envi(
            Path(folder) / "x",
            np.zeros((1, 1, len(wavelengths)), "u1"),
            wavelengths=wavelengths,
            data_ignore_value=ignore,
            reflectance_scale_factor=scale,
            metadata=metadata | {"numbers": values},
        )
        header = read_header(path)
    assert header.wavelengths is not None
    assert header.wavelengths.tolist() == wavelengths
    assert repr(header.data_ignore_value) == repr(ignore)
    assert header.reflectance_scale_factor == scale
    expected = {key: text.strip() for key, text in metadata.items()}
    numbers = header.metadata["numbers"]
    assert {key: text for key, text in header.metadata.items() if key not in ("numbers", "file type")} == expected
    assert [float(word) for word in numbers.strip("{}").split(",")] == [float(value) for value in values]
    assert header.warnings == ()
