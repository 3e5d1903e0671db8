"""Models give what their formulas say, and refuse lines that they were not made for."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from onnx import TensorProto, helper

from pymodaq_hsi.errors import ModelError, OutputError, OutputExists
from pymodaq_hsi.processing import Validity
from pymodaq_hsi.processing.models import (
    BandRatio,
    BoundModel,
    Model,
    OnnxModel,
    PartialLeastSquares,
    PrincipalComponents,
    SpectralAngleMapper,
    read_model,
    write_model,
)

if TYPE_CHECKING:
    from pathlib import Path

WAVELENGTHS = np.linspace(400, 1000, 7)


def test_a_ratio_is_of_the_nearest_bands_or_of_the_mean_around_them() -> None:
    line = np.arange(1, 15, dtype=np.float32).reshape(2, 7)
    near = BandRatio(810, 395).bind(2, WAVELENGTHS)(line)["Ratio"]
    np.testing.assert_allclose(near, line[:, 4] / line[:, 0])
    wide = BandRatio(800, 500, width=200).bind(2, WAVELENGTHS)(line)["Ratio"]
    np.testing.assert_allclose(wide, line[:, 3:6].mean(axis=1) / line[:, 0:3].mean(axis=1))
    ndvi = BandRatio(800, 700, normalised=True).bind(2, WAVELENGTHS)(line)["Ratio"]
    np.testing.assert_allclose(ndvi, (line[:, 4] - line[:, 3]) / (line[:, 4] + line[:, 3]))


def test_a_ratio_without_denominator_is_nan() -> None:
    line = np.array([[1, 0, 3, 4, 5, 6, 7], [np.nan] * 7])
    assert np.isnan(BandRatio(400, 500).bind(2, WAVELENGTHS)(line)["Ratio"]).all()


def test_a_ratio_of_bands_that_the_camera_does_not_see_is_refused() -> None:
    with pytest.raises(ModelError, match="wants 1450 nm, the camera sees 400 to 1000 nm"):
        BandRatio(1450, 700).bind(2, WAVELENGTHS)


@given(
    spectra=hnp.arrays(float, (3, 7), elements=st.floats(0.01, 1)),
    scale=st.floats(0.1, 10),
    which=st.integers(0, 2),
)
def test_the_angle_to_itself_is_none_however_bright(spectra: np.ndarray, scale: float, which: int) -> None:
    mapper = SpectralAngleMapper({"a": spectra[0], "b": spectra[1], "c": spectra[2]}, threshold=0.2)
    got = mapper.bind(1, WAVELENGTHS)(spectra[which : which + 1] * scale)
    assert got["Angle"][0, which] < 1e-3
    assert got["Angle"][0, got["Class"][0]] == got["Angle"].min()
    cosine = spectra[which] @ spectra.T / np.linalg.norm(spectra, axis=1) / np.linalg.norm(spectra[which])
    np.testing.assert_allclose(got["Angle"][0], np.arccos(np.clip(cosine, -1, 1)), atol=1e-6)


def test_pixels_that_are_like_nothing_or_not_valid_have_no_class() -> None:
    mapper = SpectralAngleMapper({"red": [0, 0, 1], "blue": [1, 0, 0]}, threshold=0.1)
    line = np.array([[0, 1, 0], [0, 0, 2], [np.nan, 0, 1], [0, 0, 0], [3, 0.01, 0]])
    np.testing.assert_array_equal(mapper.apply(line)["Class"], [-1, 0, -1, -1, 1])


def test_spectra_are_brought_to_the_cameras_wavelengths() -> None:
    known = np.linspace(350, 1050, 701)
    mapper = SpectralAngleMapper({"rising": known, "falling": 1400 - known}, known)
    got = mapper.bind(1, WAVELENGTHS)((1400 - WAVELENGTHS)[np.newaxis])
    assert mapper.classes[got["Class"][0]] == "falling"
    with pytest.raises(ModelError, match="known from 350 to 1050 nm, the camera sees 400 to 2500"):
        mapper.bind(1, np.linspace(400, 2500, 7))


def test_components_find_the_directions_that_went_in() -> None:
    random = np.random.default_rng(0)
    one, two = np.linalg.qr(random.normal(size=(7, 2)))[0].T
    cube = 5 + random.normal(0, 3, (20, 30, 1)) * one + random.normal(0, 1, (20, 30, 1)) * two
    cube[0, 0] = np.nan
    model = PrincipalComponents.fit(cube, 2)
    assert abs(model.components[0] @ one) > 0.99
    assert abs(model.components[1] @ two) > 0.99
    assert model.explained is not None
    np.testing.assert_allclose(model.explained.sum(), 1, rtol=1e-9)
    got = model.bind(30, WAVELENGTHS)(cube[0])
    np.testing.assert_array_equal(np.isnan(got["Residual"]), [True] + [False] * 29)
    rebuilt = model.mean + got["Scores"][1:] @ model.components
    np.testing.assert_allclose(rebuilt, cube[0, 1:], atol=1e-5)
    np.testing.assert_allclose(got["Residual"][1:], 0, atol=1e-6)


@pytest.mark.parametrize(
    "model",
    [
        SpectralAngleMapper({"a": np.ones(6)}),
        PrincipalComponents(np.zeros(6), np.eye(6)[:2]),
        PartialLeastSquares(np.ones(6)),
    ],
    ids=["angle", "components", "least squares"],
)
def test_another_number_of_bands_is_refused_before_any_line(model: Model) -> None:
    with pytest.raises(ModelError, match="takes 6 bands, the camera delivers 7"):
        model.bind(2, WAVELENGTHS)


def network(path: Path, shape: list[object], *, kind: int = TensorProto.FLOAT) -> Path:
    """Write a network of one layer: the sum over the bands, and the band with the largest value."""
    graph = helper.make_graph(
        [
            helper.make_node("ReduceSum", ["line", "axis"], ["sum"], keepdims=0),
            helper.make_node("ArgMax", ["line"], ["best"], axis=-1, keepdims=0),
        ],
        "lines",
        [helper.make_tensor_value_info("line", kind, shape)],
        [
            helper.make_tensor_value_info("sum", kind, shape[:-1]),
            helper.make_tensor_value_info("best", TensorProto.INT64, shape[:-1]),
        ],
        [helper.make_tensor("axis", TensorProto.INT64, [1], [-1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
    return path


@pytest.mark.parametrize("shape", [["pixels", 7], ["pixels", "bands"], [1, "pixels", 7], [4, 7]], ids=str)
def test_a_network_gives_its_outputs_by_name(shape: list[object], tmp_path: Path) -> None:
    model = OnnxModel(network(tmp_path / "net.onnx", shape))
    line = np.random.default_rng(0).random((4, 7)).astype("float32")
    got = model.bind(4, WAVELENGTHS)(line)
    assert tuple(got) == model.sinks == ("sum", "best")
    np.testing.assert_allclose(got["sum"], line.sum(axis=1), rtol=1e-6)
    np.testing.assert_array_equal(got["best"], line.argmax(axis=1))
    line[1, 3] = np.nan
    got = model.apply(line)
    np.testing.assert_array_equal(np.isnan(got["sum"]), [False, True, False, False])
    assert got["best"][1] == -1
    again = OnnxModel((tmp_path / "net.onnx").read_bytes())
    assert again.sinks == model.sinks


def test_networks_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="takes 6 bands, the camera delivers 7"):
        OnnxModel(network(tmp_path / "six.onnx", ["pixels", 6])).bind(4, WAVELENGTHS)
    with pytest.raises(ModelError, match="takes 5 pixels at a time, the camera delivers 4"):
        OnnxModel(network(tmp_path / "five.onnx", [5, 7])).bind(4, WAVELENGTHS)
    with pytest.raises(ModelError, match="one input of floats"):
        OnnxModel(network(tmp_path / "one.onnx", ["bands"]))
    with pytest.raises(ModelError, match="no file"):
        OnnxModel(tmp_path / "none.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"nothing of the kind")
    with pytest.raises(ModelError, match="cannot be loaded"):
        OnnxModel(tmp_path / "bad.onnx")


def test_without_onnxruntime_the_error_says_what_to_install(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['onnxruntime'] = None\n"
        "from pymodaq_hsi.processing.models import BandRatio, OnnxModel\n"
        f"OnnxModel({str(network(tmp_path / 'net.onnx', ['pixels', 7]))!r})\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "pip install pymodaq-hsi[onnx]" in done.stderr


@pytest.mark.parametrize(
    "make",
    [
        lambda: SpectralAngleMapper({}),
        lambda: SpectralAngleMapper({"a": [1, 2], "b": [1, 2, 3]}),
        lambda: SpectralAngleMapper({"a": [0, 0]}),
        lambda: SpectralAngleMapper({"a": [1, 2]}, [500, 400]),
        lambda: PrincipalComponents([0, 0], [[1, 1]]),
        lambda: PrincipalComponents([0, 0, 0], [[1, 0]]),
        lambda: PrincipalComponents.fit(np.ones((4, 3)), 4),
        lambda: PrincipalComponents.fit(np.ones((4, 3)), 1.5),  # type: ignore[arg-type]
        lambda: PrincipalComponents.fit(np.full((4, 3), np.nan), 1),
        lambda: BandRatio(400, 500, width=-1),
        lambda: PartialLeastSquares([]),
        lambda: PartialLeastSquares(np.ones((3, 2)), names=["a"]),
        lambda: PartialLeastSquares(np.ones((3, 2)), names=["a", "a"]),
        lambda: PartialLeastSquares(np.ones(3), [1, 2]),
        lambda: PartialLeastSquares.fit(np.ones((4, 3)), np.ones(5)),
        lambda: PartialLeastSquares.fit(np.ones((4, 3)), np.ones(4), 4),
        lambda: PartialLeastSquares.fit(np.full((4, 3), np.nan), np.ones(4), 1),
    ],
)
def test_models_that_make_no_sense_are_refused(make: object) -> None:
    with pytest.raises(ModelError):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("quantities", [1, 2])
def test_least_squares_find_what_the_bands_say_and_leave_out_what_is_not_valid(quantities: int) -> None:
    random = np.random.default_rng(4)
    spectra = random.normal(size=(40, 7)) @ np.diag([9, 5, 3, 2, 1, 0.5, 0.1]) + 4
    truth = random.normal(size=(7, quantities))
    known = spectra @ truth + 2.5
    noisy = known + random.normal(0, 0.01, known.shape)
    noisy[0] = np.nan
    whole = PartialLeastSquares.fit(spectra, noisy, 7)
    expected, *_ = np.linalg.lstsq(np.column_stack([spectra[1:], np.ones(39)]), noisy[1:], rcond=None)
    np.testing.assert_allclose(whole.coefficients, expected[:7], rtol=1e-6, atol=1e-9)
    few = PartialLeastSquares.fit(spectra, noisy, 3)
    left = [((model.intercept + spectra @ model.coefficients - known) ** 2).mean() for model in (few, whole)]
    assert left[1] < left[0] < known.var()
    line = spectra[:5].astype("float32")
    line[2, 6] = np.nan
    answers = whole.bind(5, WAVELENGTHS)(line)
    assert len(answers) == quantities
    for number, name in enumerate(whole.names):
        assert np.isnan(answers[name]).tolist() == [False, False, True, False, False]
        np.testing.assert_allclose(answers[name][[0, 1, 3, 4]], known[[0, 1, 3, 4], number], atol=0.1)


def test_least_squares_with_more_components_than_the_data_have_stop_in_time() -> None:
    one = np.outer(np.arange(6.0), np.arange(1.0, 8.0))
    model = PartialLeastSquares.fit(one, np.arange(6.0), 5)
    np.testing.assert_allclose(one @ model.coefficients[:, 0] + model.intercept, np.arange(6.0), atol=1e-9)


MODELS = {
    "ratio": BandRatio(800, 600, normalised=True, width=50),
    "angle": SpectralAngleMapper({"a": WAVELENGTHS, "b": 1500 - WAVELENGTHS}, WAVELENGTHS, threshold=2),
    "components": PrincipalComponents(np.full(7, 2.0), np.eye(7)[:2], [0.5, 0.2]),
    "least squares": PartialLeastSquares(np.ones((7, 2)), [1, 2], ["fat", "water"]),
}


@pytest.mark.parametrize("name", [*MODELS, "network"])
def test_counts_that_are_not_valid_are_not_valid_for_any_model(name: str, tmp_path: Path) -> None:
    model = OnnxModel(network(tmp_path / "net.onnx", ["pixels", 7])) if name == "network" else MODELS[name]
    bound = BoundModel(model, 5, 7, WAVELENGTHS, np.uint16)
    lines = np.random.default_rng(1).integers(100, 4000, (2, 5, 7)).astype("uint16")
    flags = np.zeros(lines.shape, np.uint8)
    flags[0, 1, 4] = Validity.SATURATED
    flags[0, 2, 4] = Validity.DEAD
    flags[0, 3, 4] = Validity.REPLACED
    flags[1, 4, 2] = Validity.OUTSIDE
    answers = bound.block(lines, flags)
    clean = bound.block(lines)
    wrong = (flags & ~np.uint8(Validity.REPLACED)).any(axis=2)
    for sink in bound.sinks:
        got = answers[sink.name]
        assert got.shape == (2, *sink.shape)
        assert got.dtype == sink.dtype
        lost = np.isnan(got) if got.dtype.kind == "f" else got == -1
        np.testing.assert_array_equal(lost.reshape(2, 5, -1).all(axis=2), wrong)
        np.testing.assert_array_equal(got[~wrong], clean[sink.name][~wrong])


@pytest.mark.parametrize("name", list(MODELS))
def test_models_come_back_from_their_files(name: str, tmp_path: Path) -> None:
    model = MODELS[name]
    write_model(tmp_path / "model.json", model)
    again = read_model(tmp_path / "model.json")
    line = np.random.default_rng(1).random((4, 7)) * 5
    before, after = model.bind(4, WAVELENGTHS)(line), again.bind(4, WAVELENGTHS)(line)
    for sink in model.sinks:
        np.testing.assert_array_equal(before[sink], after[sink])
    with pytest.raises(OutputExists, match="exists already"):
        write_model(tmp_path / "model.json", model)


def test_models_are_read_from_what_people_write(tmp_path: Path) -> None:
    (tmp_path / "ndvi.toml").write_text('kind = "band_ratio"\nnumerator = 800\ndenominator = 670\nnormalised = true\n')
    ratio = read_model(tmp_path / "ndvi.toml")
    assert isinstance(ratio, BandRatio)
    assert (ratio.numerator, ratio.normalised) == (800, True)
    (tmp_path / "leaves.csv").write_text("nm,oak,beech\n350,1,3\n1050,2,3\n700,1.5,3\n")
    mapper = read_model(tmp_path / "leaves.csv")
    assert isinstance(mapper, SpectralAngleMapper)
    assert mapper.classes == ("oak", "beech")
    assert mapper.bind(1, WAVELENGTHS)(np.full((1, 7), 0.4))["Class"].tolist() == [1]
    assert isinstance(read_model(network(tmp_path / "net.onnx", ["pixels", 7])), OnnxModel)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", "{", "is no model"),
        ("a.json", "[]", "kind None; there are band_ratio"),
        ("a.json", '{"kind": "forest"}', "kind 'forest'"),
        ("a.json", '{"kind": "band_ratio", "numerator": 1, "band": 2}', "has no 'band'"),
        ("a.toml", 'kind = "band_ratio"', "cannot be made"),
        ("a.json", '{"kind": "spectral_angle", "spectra": 3}', "cannot be made"),
        ("a.csv", "400,1\n500,2\n", "write a line with a name for each"),
        ("a.csv", "nm,a,a\n400,1,2\n500,2,1\n", "write a line with a name for each"),
        ("a.csv", "nothing\n", "no line with a wavelength"),
        ("a.csv", "nm,a\n400,1\n500,b\n", "line 3"),
        ("a.onnx", "x", "cannot be loaded"),
    ],
)
def test_what_is_wrong_with_a_models_file_is_said(name: str, text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ModelError, match=said) as caught:
        read_model(tmp_path / name)
    assert name in str(caught.value)


class Careless(Model):
    """A user's own, with a mistake."""

    def __init__(self, mistake: str) -> None:
        self.mistake = mistake
        self.calls = 0

    sinks = ("Level",)

    def apply(self, line: np.ndarray) -> dict[str, object]:
        self.calls += 1
        if self.mistake == "none":
            return {}
        if self.mistake == "nothing":
            return None  # type: ignore[return-value]
        if self.mistake == "raises":
            return {"Level": line[:, 100]}
        if self.mistake == "one":
            return {"Level": 3.0}
        if self.mistake == "words":
            return {"Level": ["high"] * len(line)}
        return {"Level": line[: -self.calls, 0]}


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("nothing", "gives NoneType; .*Level"),
        ("raises", r"Careless failed on a line .*\(5, 7\): IndexError"),
        ("none", "announces the sink Level, and gives none"),
        ("one", "of shape"),
        ("words", "numbers for each of the 5"),
    ],
)
def test_models_that_give_not_what_they_announce_are_refused_before_any_line(mistake: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        BoundModel(Careless(mistake), 5, 7, WAVELENGTHS, np.float32)
    with pytest.raises(OutputError, match=r"ends in \.json"):
        write_model("model.pkl", BandRatio(800, 670))
    with pytest.raises(ModelError, match="cannot be written as JSON"):
        write_model("model.json", Careless(mistake))


def test_a_model_that_changes_its_mind_is_stopped() -> None:
    bound = BoundModel(Careless("shrinks"), 5, 7, WAVELENGTHS, np.float32)
    with pytest.raises(ModelError, match=r"of shape \(3,\), and float32 of \(4,\) before"):
        bound.answer(np.ones((5, 7), np.float32))
