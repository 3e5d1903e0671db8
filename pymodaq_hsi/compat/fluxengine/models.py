"""Models by the documents' name."""

from __future__ import annotations

import os

from pymodaq_hsi.compat.fluxengine.enumeration import Handle
from pymodaq_hsi.errors import ModelError
from pymodaq_hsi.processing.models import Model as OurModel
from pymodaq_hsi.processing.models import OnnxModel

__all__ = ["Model"]


def Model(*arguments: Handle | str | os.PathLike[str] | bytes | OurModel) -> OurModel:
    """Load a model: an ONNX file, its content, or a `pymodaq_hsi.processing.models.Model`, which comes back as it is.

    Parameters
    ----------
    *arguments
        The handle, if you like, and the model.

    Raises
    ------
    ModelError
        It is none of these, or cannot be loaded.
    """
    given = [argument for argument in arguments if not isinstance(argument, Handle)]
    if len(given) == 1 and isinstance(given[0], OurModel):
        return given[0]
    if len(given) == 1 and isinstance(given[0], str | bytes | os.PathLike):
        return OnnxModel(given[0])
    raise ModelError(
        "fluxEngine.Model takes an ONNX file, its content as bytes, or a Model of pymodaq_hsi.processing.models; only "
        "fluxEngine can use models of fluxTrainer"
    )
