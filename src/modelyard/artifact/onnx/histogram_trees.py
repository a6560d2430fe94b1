"""scikit-learn's histogram trees as ONNX: their converter writes truth values where newer ONNX takes whole numbers."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from modelyard.artifact.onnx.tree_steps import Converter, register_classifier, register_regressor

if TYPE_CHECKING:
    from skl2onnx.common._container import ModelComponentContainer
    from skl2onnx.common._topology import Operator, Scope

_OPTIONS: dict[str, list[object]] = {
    "zipmap": [True, False, "columns"],
    "raw_scores": [True, False],
    "nocl": [True, False],
}


@functools.cache
def register() -> None:
    """Tell skl2onnx how they are converted."""
    from skl2onnx._supported_operators import sklearn_operator_name_map
    from skl2onnx.common._registration import get_converter
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    classify, regress = (
        _in_whole_numbers(get_converter(sklearn_operator_name_map[kind]))
        for kind in (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
    )
    register_classifier(HistGradientBoostingClassifier, classify, options=_OPTIONS)
    register_regressor(HistGradientBoostingRegressor, regress)


def _in_whole_numbers(convert: Converter) -> Converter:
    def converter(scope: Scope, operator: Operator, container: ModelComponentContainer) -> None:
        convert(scope, operator, _WholeNumbers(container))

    return converter


class _WholeNumbers:
    """Be a container whose nodes have no truth values in their attributes."""

    def __init__(self, container: ModelComponentContainer) -> None:
        self._container = container

    def add_node(self, kind: str, inputs: object, outputs: object, **attributes: object) -> None:
        """Add a node to the model."""
        self._container.add_node(kind, inputs, outputs, **{name: _whole(each) for name, each in attributes.items()})

    def __getattr__(self, name: str) -> object:
        return getattr(self._container, name)


def _whole(value: object) -> object:
    import numpy as np

    if isinstance(value, list) and value and all(isinstance(each, bool | np.bool_ | np.integer) for each in value):
        return [int(each) for each in value]
    return value
