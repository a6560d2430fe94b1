"""LightGBM models as its own text files: nothing but trees, and no code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from modelyard.artifact.score_blocks.blocks import Blocks
from modelyard.artifact.score_blocks.lightgbm import LIGHTGBM, of_classes
from modelyard.artifact.serializers.serializer import Given, Serializer, Written
from modelyard.artifact.serializers.writing import needed, written_whole
from modelyard.errors import ArtifactError

if TYPE_CHECKING:
    import lightgbm

_LOAD = "import lightgbm\n\nreturn lightgbm.Booster(model_file=path)"


def save(estimator: object, path: Path, _given: Given) -> Written:
    """Write a Booster, or the Booster of a fitted LGBMClassifier, LGBMRegressor or LGBMRanker."""
    with needed("lightgbm", extra="lightgbm"):
        import lightgbm
    if isinstance(estimator, lightgbm.Booster):
        booster, blocks = estimator, LIGHTGBM
    elif isinstance(estimator, lightgbm.LGBMModel) and type(estimator).__module__.startswith("lightgbm."):
        booster, blocks = _booster_of(estimator), _blocks_of(estimator)
    else:
        raise ArtifactError(
            "LightGBM's own format holds its boosters and estimators, and nothing of what a "
            f"{type(estimator).__name__} adds to them."
        )
    with written_whole(path, estimator) as partial:
        booster.save_model(str(partial))
    return Written(load_block=_LOAD, blocks=blocks)


def load(path: Path) -> lightgbm.Booster:
    """Read a Booster."""
    with needed("lightgbm", extra="lightgbm"):
        import lightgbm
    return lightgbm.Booster(model_file=str(path))


def _booster_of(estimator: lightgbm.LGBMModel) -> lightgbm.Booster:
    if not estimator.__sklearn_is_fitted__():
        raise ArtifactError(f"The {type(estimator).__name__} is not fitted: there is no model to write yet.")
    return estimator.booster_


def _blocks_of(estimator: lightgbm.LGBMModel) -> Blocks:
    import lightgbm

    # With an objective of its own the estimator too answers raw scores.
    if not isinstance(estimator, lightgbm.LGBMClassifier) or callable(estimator.objective_):
        return LIGHTGBM
    labels = estimator.classes_.tolist()
    if not all(isinstance(each, str | int | float | bool) for each in labels):
        raise ArtifactError(
            f"The labels are of the type {type(labels[0]).__name__}, which LightGBM's own format cannot hold."
        )
    return of_classes(labels)


LIGHTGBM_TEXT = Serializer(name="lightgbm", suffix=".txt", save=save, load=load)
