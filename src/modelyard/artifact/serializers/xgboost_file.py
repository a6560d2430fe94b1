"""XGBoost models as its own JSON or UBJSON: nothing but trees, and no code."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.artifact.score_blocks.xgboost import ESTIMATOR, XGBOOST
from modelyard.artifact.serializers.serializer import Given, Serializer, Written
from modelyard.artifact.serializers.writing import needed, written_whole
from modelyard.errors import ArtifactError

if TYPE_CHECKING:
    import xgboost

_LOAD = """
import xgboost

model = xgboost.{made}
with open(path, "rb") as file:
    model.load_model(bytearray(file.read()))
return model
"""


def load_booster(path: Path) -> xgboost.Booster:
    """Read a Booster."""
    with needed("xgboost", extra="xgboost"):
        import xgboost
    return xgboost.Booster(model_file=bytearray(path.read_bytes()))


def _saver(raw_format: str) -> Callable[[object, Path, Given], Written]:
    def save(estimator: object, path: Path, _given: Given) -> Written:
        """Write a Booster, or a fitted XGBClassifier, XGBRegressor, XGBRanker or random forest of them."""
        with needed("xgboost", extra="xgboost"):
            import xgboost
        name = type(estimator).__name__
        if not isinstance(estimator, xgboost.Booster | xgboost.XGBModel):
            raise ArtifactError(f"XGBoost's own format holds no {name}.")
        if type(estimator) is not getattr(xgboost, name, None):
            raise ArtifactError(f"XGBoost's own format holds its own classes, and nothing of what {name} adds to them.")
        if isinstance(estimator, xgboost.XGBModel):
            booster, made, blocks = _booster_of(estimator), _constructor_of(estimator), ESTIMATOR
        else:
            booster, made, blocks = estimator, f"{name}()", XGBOOST
        with written_whole(path, estimator) as partial:
            partial.write_bytes(booster.save_raw(raw_format))
        return Written(load_block=_LOAD.strip("\n").format(made=made), blocks=blocks)

    return save


def _booster_of(estimator: xgboost.XGBModel) -> xgboost.Booster:
    if not estimator.__sklearn_is_fitted__():
        raise ArtifactError(f"The {type(estimator).__name__} is not fitted: there is no model to write yet.")
    return estimator.get_booster()


def _constructor_of(estimator: xgboost.XGBModel) -> str:
    """Return the call that makes the estimator anew, with what predict() uses and the file does not keep."""
    classes = getattr(estimator, "classes_", None) if estimator.__sklearn_is_fitted__() else None
    if classes is not None and list(classes) != list(range(len(classes))):
        raise ArtifactError(f"The labels are {list(classes)[:5]}; XGBoost's own format keeps numbers from 0 on alone.")
    missing = "" if math.isnan(estimator.missing) else f"missing={float(estimator.missing)!r}"
    return f"{type(estimator).__name__}({missing})"


XGBOOST_JSON = Serializer(name="xgboost", suffix=".json", save=_saver("json"), load=load_booster)
XGBOOST_UBJ = Serializer(name="xgboost_ubj", suffix=".ubj", save=_saver("ubj"), load=load_booster)
XGBOOST_TEXT = Serializer(name="xgboost_txt", suffix=".txt", save=_saver("json"), load=load_booster)
