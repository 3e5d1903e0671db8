"""The ground of all parts of a plan: frozen, strict models whose errors are in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StrictBool,
    StrictFloat,
    StrictInt,
    ValidationError,
    model_serializer,
)

from pymodaq_hsi.errors import PlanInvalid
from pymodaq_hsi.scans._words import problems_of

__all__ = ["Count", "DeviceName", "Number", "ParameterValue", "Part", "Positive", "Seconds", "Target"]

if TYPE_CHECKING:
    from pydantic import BaseModel as _Base
else:
    from pydantic import BaseModel

    class _Told(type(BaseModel)):
        """Has what is made in Python fail in words, as what is read from a file does."""

        def __call__(cls, *arguments: Any, **fields: Any) -> Any:
            try:
                return super().__call__(*arguments, **fields)
            except ValidationError as error:
                problems, name = problems_of(error, fields), fields.get("name", "")
            raise PlanInvalid(problems, name if isinstance(name, str) else "")

    class _Base(BaseModel, metaclass=_Told):
        """A model that raises `PlanInvalid`."""


class Part(_Base):
    """A part of a plan, or a plan: cannot be changed, knows all of its fields, raises `PlanInvalid`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, str_strip_whitespace=True)

    @model_serializer(mode="wrap")
    def _with_tag(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Say which choice it is also where defaults are left out."""
        tags = {tag: getattr(self, tag) for tag in ("kind", "spacing", "do") if tag in type(self).model_fields}
        fields: dict[str, Any] = handler(self)
        return tags | fields


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


_FromNumPy = BeforeValidator(_plain)

Number = Annotated[StrictFloat, _FromNumPy]
"""A finite number; neither a text nor a truth value is taken for one."""

Positive = Annotated[StrictFloat, _FromNumPy, Field(gt=0)]
Seconds = Annotated[StrictFloat, _FromNumPy, Field(ge=0)]
Count = Annotated[StrictInt, _FromNumPy, Field(ge=1)]

ParameterValue = Annotated[StrictBool | StrictInt | StrictFloat | str, _FromNumPy]
"""What a parameter can be set to."""

DeviceName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", examples=["camera"])]
"""The name that a device has in a plan: letters, digits and underscores."""

Target = Annotated[
    str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*\.[^.\s](.*\S)?$", examples=["stage.Position", "camera.ExposureTime"])
]
"""A parameter of a device: ``"stage.Position"``."""
