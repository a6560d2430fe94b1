"""From a trained model to a signed prediction, then a second version under traffic: ``make demo``.

It needs nothing but modelyard and scikit-learn, and starts the service if none runs. The deployment stays up, for you
to try; the next run removes it and its models first.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import warnings
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from steps import timed, watched
from traffic import KEPT, NEW, Question, Traffic

from modelyard import SklearnModel
from modelyard.client.connecting import connect
from modelyard.client.waiters import wait_for_work_request
from modelyard.errors import ModelyardError
from modelyard.lifecycle import DeploymentState, ModelState
from modelyard.settings import from_environ

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from modelyard.client.data_science import DataScienceClient
    from modelyard.model.deployment.model_deployment import ModelDeployment, Prediction

NAME = "demo-wine"
TAGS = {"made-by": "modelyard demo"}
BEFORE, AFTER = 0.5, 1.0
"""How long the traffic runs before and after the swap, in seconds."""

LOOK_EVERY = 0.1
"""How long to wait between two looks at how the swap stands, in seconds."""


class Trained(NamedTuple):
    """Be two versions of a model, what they have seen, and rows that they have not."""

    first: object
    second: object
    seen: pd.DataFrame
    answers: pd.Series[int]
    unseen: pd.DataFrame


def main() -> int:
    """Run the demo; return the exit status: 1 if any prediction failed."""
    warnings.simplefilter("ignore")
    print("\nmodelyard: from a trained model to an endpoint, then a second version under traffic\n")
    try:
        start_service()
        with tempfile.TemporaryDirectory(prefix="modelyard-demo-") as folder, _nothing_half():
            return run(Path(folder))
    except ModelyardError as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted: what this run had made is removed.", file=sys.stderr)
        return 130


def run(folder: Path) -> int:
    """Do all of it, with the artifacts in a folder."""
    trained = train()
    model = SklearnModel(trained.first, artifact_dir=str(folder / "v1"))
    prepare(model, trained, version="v1")
    deployment = deploy(model)
    with timed("predict") as step:
        prediction = model.predict_traced(trained.unseen.head(3))
        step.tell(f"{prediction.value['prediction']}, one signed HTTP request")
    better = SklearnModel(trained.second, artifact_dir=str(folder / "v2"))
    prepare(better, trained, version="v2")
    traffic = swap(model, better, questions=_questions(trained, model, better))
    prediction = model.predict_traced(trained.unseen.head(3))
    tell(deployment, trained, prediction, traffic, models={"v1": model.model_id, "v2": better.model_id})
    return 1 if traffic.failures else 0


def start_service() -> None:
    """Find the service, or start it, and remove what an earlier run has left.

    Only for the output: every call of the SDK starts the service where none runs and no endpoint is configured.
    """
    with timed("find the service, or start it") as step, connect() as client:
        step.tell(client.profile.endpoint)
    with watched("remove what an earlier run left") as step, connect() as client:
        step.tell(_remove_earlier(client) or "nothing")


def train() -> Trained:
    """Train two versions on chemical analyses of wines from three growers."""
    with watched("train two versions") as step:
        from sklearn.datasets import load_wine
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import train_test_split
        from sklearn.neighbors import KNeighborsClassifier
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        wine = load_wine(as_frame=True)
        split = train_test_split(wine.data, wine.target, test_size=0.4, random_state=0, stratify=wine.target)
        seen, unseen, grower, unseen_grower = split
        first = make_pipeline(KNeighborsClassifier()).fit(seen, grower)
        second = make_pipeline(StandardScaler(), LogisticRegression()).fit(seen, grower)
        right = [f"{estimator.score(unseen, unseen_grower):.1%}" for estimator in (first, second)]
        step.tell(f"of {len(unseen)} unseen wines v1 gets {right[0]} right, v2 {right[1]}")
    return Trained(first, second, seen, grower, unseen)


def prepare(model: SklearnModel, trained: Trained, *, version: str) -> None:
    """Take a model from the estimator into the catalog."""
    with watched(f"{version}: prepare") as step:
        model.prepare(X_sample=trained.seen, y_sample=trained.answers, training_script_path=__file__)
        step.tell(f"{len(list(Path(str(model.artifact_dir)).iterdir()))} files, score.py and runtime.yaml among them")
    with watched(f"{version}: verify") as step:
        answer = model.verify(trained.unseen)
        if answer["prediction"] != _predicted(model.estimator, trained.unseen):
            raise ModelyardError("The worker predicts something else than the estimator.")
        step.tell("the worker that will serve it predicts what the estimator does")
    with watched(f"{version}: introspect") as step:
        results = model.introspect()["Result"].value_counts()
        step.tell(", ".join(f"{count} {str(result).lower()}" for result, count in results.items()))
    with timed(f"{version}: save") as step:
        step.tell(model.save(display_name=f"{NAME} {version}", freeform_tags=TAGS))


def deploy(model: SklearnModel) -> ModelDeployment:
    """Serve the first version."""
    with timed("v1: deploy") as step:
        deployment = model.deploy(display_name=NAME, freeform_tags=TAGS)
        step.tell(f"{deployment.state}: two workers have loaded the model and answered")
    return deployment


def swap(model: SklearnModel, better: SklearnModel, *, questions: Sequence[Question]) -> Traffic:
    """Put the second version in the place of the first, while clients keep predicting."""
    assert model.model_deployment is not None
    with watched("swap v1 for v2 under traffic") as step, Traffic(model.model_deployment.url, questions) as traffic:
        traffic.go_on(BEFORE, step.tell)
        deployment = model.update_deployment(model_id=better.model_id, wait_for_completion=False)
        while deployment.sync().state is DeploymentState.UPDATING:
            traffic.go_on(LOOK_EVERY, step.tell)
        traffic.go_on(AFTER, step.tell)
    if deployment.model_id != better.model_id or deployment.state is not DeploymentState.ACTIVE:
        raise ModelyardError(f"The deployment is {deployment.state}: {deployment.lifecycle_details}")
    return traffic


def tell(
    deployment: ModelDeployment,
    trained: Trained,
    prediction: Prediction,
    traffic: Traffic,
    *,
    models: dict[str, str | None],
) -> None:
    """Print what a person wants to know afterwards."""
    by_version = ", ".join(f"{traffic.by_model[str(id)]} by {version}" for version, id in models.items())
    origin = prediction.origin
    row = json.dumps([[round(float(value), 2) for value in trained.unseen.iloc[0]]], separators=(",", ":"))
    command = _command()
    _table(
        "during the swap",
        {
            "predictions": f"{traffic.count}: {by_version}",
            "failed": str(len(traffic.failures)),
            "slowest": f"{traffic.slowest * 1000:.0f} ms",
            "clients": f"{KEPT} on kept connections, {NEW} with a new one for each request; none tries twice",
        },
    )
    for failure in traffic.failures[:5]:
        print(f"    {failure}")
    _table(
        f"what made the prediction {prediction.value['prediction']}",
        {
            "model": origin.model_id or "-",
            "artifact": origin.artifact or "-",
            "environment": f"{origin.environment}, in {sys.prefix}",
            "git commit": origin.git_commit or "none: this script is not in a git repository",
            "request": origin.request_id or "-",
        },
    )
    _table(
        "yours to try",
        {
            "endpoint": f"{deployment.url}/predict",
            "predict": f"{command} deployment predict {NAME} '{row}' --trace",
            "look around": f"{command} status",
            "stop": f"{command} down",
            "state": f"{from_environ().home}, all of it",
        },
    )
    print()


def _table(title: str, rows: dict[str, str]) -> None:
    print(f"\n  {title}")
    for name, value in rows.items():
        print(f"    {name:12} {value}")


def _questions(trained: Trained, *models: SklearnModel) -> list[Question]:
    answers = {str(model.model_id): _predicted(model.estimator, trained.unseen) for model in models}
    return [
        Question(
            body=json.dumps({"data": json.loads(trained.unseen.iloc[[place]].to_json())}).encode(),
            answers={model_id: predicted[place : place + 1] for model_id, predicted in answers.items()},
        )
        for place in range(len(trained.unseen))
    ]


def _predicted(estimator: object, rows: pd.DataFrame) -> list[int]:
    predicted: list[int] = estimator.predict(rows).tolist()  # type: ignore[attr-defined] # an estimator of scikit-learn
    return predicted


def _command() -> str:
    """Return how the command of this environment is called from here."""
    command = os.path.relpath(Path(sys.prefix) / "bin" / "modelyard")
    return command if not command.startswith("..") else str(Path(sys.prefix) / "bin" / "modelyard")


@contextmanager
def _nothing_half() -> Iterator[None]:
    """Remove what a run made that did not come to its end."""
    try:
        yield
    except BaseException:
        with connect() as client:
            _remove_earlier(client)
        raise


def _remove_earlier(client: DataScienceClient) -> str:
    """Remove every deployment and model that this script has made; return their names."""
    compartment = str(client.profile.compartment_id)
    gone = {DeploymentState.DELETED, DeploymentState.DELETING, ModelState.DELETED}
    deployments = {
        each.id: each.display_name
        for each in client.list_model_deployments(compartment)
        if each.freeform_tags == TAGS and each.lifecycle_state not in gone
    }
    for request in [client.delete_model_deployment(id) for id in deployments]:
        wait_for_work_request(client, request)
    models = {
        each.id: each.display_name
        for each in client.list_models(compartment)
        if each.freeform_tags == TAGS and each.lifecycle_state not in gone
    }
    for id in models:
        client.delete_model(id)
    return ", ".join(
        [f"deployment {name}" for name in deployments.values()] + [f"model {name}" for name in models.values()]
    )


if __name__ == "__main__":
    sys.exit(main())
