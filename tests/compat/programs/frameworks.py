"""Models of frameworks, in one call from the estimator to the endpoint."""

import tempfile

from ads.common.auth import default_signer
from ads.model.framework.lightgbm_model import LightGBMModel
from ads.model.framework.sklearn_model import SklearnModel
from ads.model.framework.xgboost_model import XGBoostModel
from ads.model.generic_model import NotActiveDeploymentError
from ads.model.model_metadata import UseCaseType
from lightgbm import LGBMClassifier
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from xgboost import XGBClassifier

flowers = load_iris(as_frame=True)
X, y = flowers.data, flowers.target


def trained(estimator):
    return estimator.fit(X, y)


model = SklearnModel(trained(LogisticRegression(max_iter=300)), artifact_dir=tempfile.mkdtemp(), auth=default_signer())
try:
    model.predict(X.head(2))
except NotActiveDeploymentError:
    pass
else:
    raise AssertionError
model.prepare_save_deploy(
    force_overwrite=True,
    use_case_type=UseCaseType.MULTINOMIAL_CLASSIFICATION,
    X_sample=X,
    y_sample=y,
    model_display_name="flowers",
    deployment_display_name="flowers",
    deployment_instance_count=1,
    max_wait_time=120,
)
assert model.predict(X)["prediction"] == model.estimator.predict(X).tolist()
assert model.metadata_taxonomy["UseCaseType"].value == "multinomial_classification"
assert len(model.schema_input.attributes) == 4
model.delete(delete_associated_model_deployment=True, delete_model_artifact=True)

for kind, estimator in (
    (LightGBMModel, LGBMClassifier(n_estimators=5, verbose=-1)),
    (XGBoostModel, XGBClassifier(n_estimators=5)),
):
    other = kind(estimator=trained(estimator), artifact_dir=tempfile.mkdtemp())
    other.prepare(X_sample=X)
    assert other.verify(X.head(100))["prediction"] == estimator.predict(X.head(100)).tolist()
