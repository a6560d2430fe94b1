"""scikit-learn's voting classifiers as ONNX: their converter stumbles over what predict() never looks at."""

from __future__ import annotations

import copy
import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skl2onnx.common._container import ModelComponentContainer
    from skl2onnx.common._topology import Operator, Scope
    from sklearn.ensemble import VotingClassifier

_OPTIONS: dict[str, list[object]] = {"zipmap": [True, False, "columns"], "nocl": [False]}


@functools.cache
def register() -> None:
    """Tell skl2onnx how they are converted."""
    from skl2onnx import update_registered_converter
    from skl2onnx._supported_operators import sklearn_operator_name_map
    from skl2onnx.common._registration import get_converter, get_shape_calculator
    from sklearn.ensemble import VotingClassifier

    name = sklearn_operator_name_map[VotingClassifier]
    convert = get_converter(name)

    def converter(scope: Scope, operator: Operator, container: ModelComponentContainer) -> None:
        convert(scope, _Plain(operator), container)

    update_registered_converter(
        VotingClassifier, "ModelyardVotingClassifier", get_shape_calculator(name), converter, options=_OPTIONS
    )


class _Plain:
    """Be an operator whose classifier has the weights of its fitted estimators, and no word on transform()."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self.raw_operator = _plain(operator.raw_operator)

    def __getattr__(self, name: str) -> object:
        return getattr(self._operator, name)


def _plain(classifier: VotingClassifier) -> VotingClassifier:
    import numpy as np

    plain = copy.copy(classifier)
    plain.flatten_transform = False
    if plain.weights is not None:
        pairs = zip(plain.estimators, plain.weights, strict=True)
        plain.weights = np.asarray([weight for (_, estimator), weight in pairs if estimator != "drop"], dtype=float)
    return plain
