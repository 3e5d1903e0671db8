"""Arithmetic on targets, read with `ast` and computed with NumPy: nothing of it is ever run as Python.

An expression has numbers, targets (``stage.Position``) or names given for them, ``+ - * / // % **``, comparisons (1
where true, 0 where not), ``a if condition else b``, the constants ``pi`` and ``e``, and the functions abs, sqrt, exp,
log, log2, log10, sin, cos, tan, asin, acos, atan, atan2, sinh, cosh, tanh, degrees, radians, floor, ceil, round, sign,
hypot, min, max and clip (value, lowest, highest). Angles are in radians.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np

from pymodaq_hsi.errors import PlanInvalid

__all__ = ["Expression"]

_LONGEST = 2000
_DEEPEST = 100

Values = Mapping[str, Any]
_Node = Callable[[Values], Any]

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.true_divide,
    ast.FloorDiv: np.floor_divide,
    ast.Mod: np.mod,
    ast.Pow: np.float_power,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.UAdd: np.positive, ast.USub: np.negative}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
_CONSTANTS = {"pi": math.pi, "e": math.e}
_FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "abs": (np.abs, 1, 1),
    "sqrt": (np.sqrt, 1, 1),
    "exp": (np.exp, 1, 1),
    "log": (np.log, 1, 1),
    "log2": (np.log2, 1, 1),
    "log10": (np.log10, 1, 1),
    "sin": (np.sin, 1, 1),
    "cos": (np.cos, 1, 1),
    "tan": (np.tan, 1, 1),
    "asin": (np.arcsin, 1, 1),
    "acos": (np.arccos, 1, 1),
    "atan": (np.arctan, 1, 1),
    "atan2": (np.arctan2, 2, 2),
    "sinh": (np.sinh, 1, 1),
    "cosh": (np.cosh, 1, 1),
    "tanh": (np.tanh, 1, 1),
    "degrees": (np.degrees, 1, 1),
    "radians": (np.radians, 1, 1),
    "floor": (np.floor, 1, 1),
    "ceil": (np.ceil, 1, 1),
    "round": (np.rint, 1, 1),
    "sign": (np.sign, 1, 1),
    "hypot": (np.hypot, 2, 2),
    "min": (lambda *values: reduce(np.minimum, values), 1, 99),
    "max": (lambda *values: reduce(np.maximum, values), 1, 99),
    "clip": (lambda value, low, high: np.minimum(np.maximum(value, low), high), 3, 3),
}


class Expression:
    """A function of targets.

    Parameters
    ----------
    text : str
    variables : mapping of str to str, optional
        Other names for targets.

    Attributes
    ----------
    needs : frozenset of str
        The targets that are in it.

    Raises
    ------
    PlanInvalid
        It cannot be read, or has something that is not arithmetic; the message says what and where.

    Examples
    --------
    >>> float(Expression("0.5 * stage.Position + 1")({"stage.Position": 3.0}))
    2.5
    """

    def __init__(self, text: str, variables: Mapping[str, str] | None = None) -> None:
        self.text = text
        self._variables = dict(variables or {})
        found: set[str] = set()
        try:
            if len(text) > _LONGEST:
                raise self._refusal(f"it has {len(text)} characters; {_LONGEST} are allowed")
            tree = ast.parse(text.strip(), mode="eval").body
            if _depth(tree) > _DEEPEST:
                raise self._refusal(f"it is nested too deeply; {_DEEPEST} operations within one another are allowed")
            self._compute = self._node(tree, found)
        except SyntaxError as error:
            raise self._refusal(f"{error.msg}, at character {error.offset}") from None
        except (RecursionError, MemoryError):
            raise self._refusal("it is nested too deeply") from None
        except (ValueError, OverflowError) as error:
            if isinstance(error, PlanInvalid):
                raise
            raise self._refusal(str(error)) from None
        self.needs = frozenset(found)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def __call__(self, values: Values) -> Any:
        """Return its value, or an array where the values are arrays; NaN or infinite where it has none."""
        with np.errstate(all="ignore"):
            return self._compute(values)

    def _refusal(self, reason: str) -> PlanInvalid:
        shown = self.text if len(self.text) <= 80 else f"{self.text[:77]}..."
        return PlanInvalid([f"the expression {shown!r} is refused: {reason}"])

    def _node(self, node: ast.expr, found: set[str]) -> _Node:
        match node:
            case ast.Constant(value=value) if isinstance(value, (int, float)) and not isinstance(value, bool):
                number = float(value)
                return lambda values: number
            case ast.Name() | ast.Attribute():
                return self._name(node, found)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return _joined(_BINARY[type(op)], self._node(left, found), self._node(right, found))
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                return _joined(_UNARY[type(op)], self._node(operand, found))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARE:
                compare = _COMPARE[type(op)]
                return _joined(
                    lambda a, b: np.asarray(compare(a, b), float), self._node(left, found), self._node(right, found)
                )
            case ast.IfExp(test=test, body=body, orelse=orelse):
                parts = (self._node(part, found) for part in (test, body, orelse))
                return _joined(lambda chosen, yes, no: np.where(chosen, yes, no), *parts)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
                function, fewest, most = _FUNCTIONS[name]
                if not fewest <= len(arguments) <= most:
                    wanted = fewest if fewest == most else f"at least {fewest}"
                    raise self._refusal(f"{name} has {len(arguments)} values; it takes {wanted}")
                return _joined(function, *(self._node(argument, found) for argument in arguments))
            case ast.Call():
                raise self._refusal(
                    f"{ast.unparse(node.func)}(...) is no function of it; there are {', '.join(_FUNCTIONS)}"
                )
        raise self._refusal(f"{ast.unparse(node)!r} is not arithmetic; see pymodaq_hsi.scans.expressions")

    def _name(self, node: ast.Name | ast.Attribute, found: set[str]) -> _Node:
        name = ast.unparse(node)
        if name in self._variables:
            name = self._variables[name]
        elif name in _CONSTANTS:
            constant = _CONSTANTS[name]
            return lambda values: constant
        elif not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
            raise self._refusal(
                f"{name} is no target: write device.Parameter, or give {name} a target among the variables"
            )
        found.add(name)
        return lambda values: values[name]


def _depth(tree: ast.AST) -> int:
    deepest, left = 0, [(tree, 1)]
    while left:
        node, depth = left.pop()
        deepest = max(deepest, depth)
        left.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
    return deepest


def _joined(function: Callable[..., Any], *parts: _Node) -> _Node:
    return lambda values: function(*(part(values) for part in parts))
