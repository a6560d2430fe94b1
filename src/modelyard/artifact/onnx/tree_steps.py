"""Trees of other libraries as steps that skl2onnx converts: they take floats, however exact the steps before them are.

Values that are rounded once, right before the trees, fall on the same side of all but the closest thresholds; values
that were calculated with rounded ones need not.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skl2onnx.common._container import ModelComponentContainer
    from skl2onnx.common._topology import Operator, Scope

Converter = Callable[["Scope", "Operator", "ModelComponentContainer"], None]
Shapes = Callable[["Operator"], None]

_FLOAT = 1
"""ONNX's number for 32-bit floats."""


def register_classifier(kind: type, convert: Converter, *, options: dict[str, list[object]]) -> None:
    """Tell skl2onnx how a class of classifiers is converted."""
    from skl2onnx import update_registered_converter
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes

    shapes = _of_floats(calculate_linear_classifier_output_shapes, numbers=1)
    update_registered_converter(kind, f"Modelyard{kind.__name__}", shapes, _from_floats(convert), options=options)


def register_regressor(
    kind: type, convert: Converter, *, options: dict[str, list[object] | None] | None = None
) -> None:
    """Tell skl2onnx how a class of regressors, or of rankers, is converted."""
    from skl2onnx import update_registered_converter
    from skl2onnx.common.shape_calculator import calculate_linear_regressor_output_shapes

    shapes = _of_floats(calculate_linear_regressor_output_shapes, numbers=0)
    update_registered_converter(kind, f"Modelyard{kind.__name__}", shapes, _from_floats(convert), options=options)


def _of_floats(shapes: Shapes, *, numbers: int) -> Shapes:
    """Return a shape calculator that says what trees answer: floats, whatever they take."""

    def calculate(operator: Operator) -> None:
        from skl2onnx.common.data_types import FloatTensorType

        shapes(operator)
        output = operator.outputs[numbers]
        output.type = FloatTensorType(output.type.shape)

    return calculate


def _from_floats(convert: Converter) -> Converter:
    """Return a converter that rounds its input to floats first."""

    def converter(scope: Scope, operator: Operator, container: ModelComponentContainer) -> None:
        from skl2onnx.common.data_types import FloatTensorType

        (given,) = operator.inputs
        if type(given.type) is FloatTensorType:
            convert(scope, operator, container)
            return
        rounded = scope.get_unique_variable_name("rounded")
        container.add_node(
            "Cast", given.full_name, rounded, name=scope.get_unique_operator_name("Cast"), op_version=13, to=_FLOAT
        )
        variable = SimpleNamespace(full_name=rounded, onnx_name=rounded, type=FloatTensorType(given.type.shape))
        convert(scope, _Rounded(operator, variable), container)  # all that converters look at

    return converter


class _Rounded:
    """Be an operator with another input."""

    def __init__(self, operator: Operator, variable: SimpleNamespace) -> None:
        self._operator = operator
        self.inputs = [variable]
        self.input_full_names = [variable.full_name]

    def __getattr__(self, name: str) -> object:
        return getattr(self._operator, name)
