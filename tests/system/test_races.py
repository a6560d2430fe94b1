"""Of clients that race for one thing one wins, and the others are told; lists hold still while others write."""

from __future__ import annotations

import json
import random
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import pytest

from modelyard.client.profile import Profile, resolve
from modelyard.client.retries import NEVER
from modelyard.client.transport import Request, Transport
from modelyard.errors import WireError

ROUNDS = 12
RACERS = 3

_BYTES, _JSON = "application/octet-stream", "application/json"


class Outcome(NamedTuple):
    """What one request came to."""

    status: int
    code: str
    body: Any
    etag: str


@dataclass
class Client:
    """A client of its own, with connections of its own, that never tries twice."""

    profile: Profile

    def __post_init__(self) -> None:
        self._transport = Transport(self.profile, retries=NEVER)

    def ask(
        self,
        method: str,
        path: str,
        body: object = b"",
        *,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        **query: object,
    ) -> Outcome:
        """Send a request and tell what came of it."""
        data, kind = (body, _BYTES) if isinstance(body, bytes) else (json.dumps(body).encode(), _JSON)
        asked = {name: str(value) for name, value in query.items()}
        request = Request(
            method=method,
            path=path,
            query=asked,
            body=data,
            content_type=kind,
            headers=headers,
            retry_token=token,
        )
        try:
            answer = self._transport.send(request)
        except WireError as error:
            return Outcome(error.status, error.code, None, "")
        is_json = answer.headers.get("content-type") == _JSON
        said = json.loads(answer.body) if is_json and answer.body else answer.body
        return Outcome(answer.status, "", said, answer.headers.get("etag", ""))

    def page(self, path: str, **query: object) -> tuple[list[Any], str | None]:
        """Return a page of a list, and the token of the next."""
        request = Request(method="GET", path=path, query={name: str(value) for name, value in query.items()})
        answer = self._transport.send(request)
        return json.loads(answer.body), answer.headers.get("opc-next-page")

    def make(self, path: str, body: object) -> Any:
        """Create something that nobody contends for."""
        made = self.ask("POST", path, body)
        assert made.status == 200, made
        return made.body


@dataclass
class Track:
    """Where races are run."""

    client: Client
    racers: list[Client]
    compartment_id: str
    project_id: str
    namespace: str = ""
    bucket: str = ""
    chance: random.Random = field(default_factory=lambda: random.Random(20261122))

    def race(self, *runs: Callable[[Client], Outcome]) -> list[Outcome]:
        """Let each client make its request, all at once, some a moment later than others."""
        barrier = threading.Barrier(len(runs))
        outcomes: list[Outcome | None] = [None] * len(runs)
        delays = [self.chance.choice([0, 0, 0.001, 0.003]) for _ in runs]

        def run(place: int) -> None:
            barrier.wait()
            threading.Event().wait(delays[place])
            outcomes[place] = runs[place](self.racers[place])

        threads = [threading.Thread(target=run, args=(place,)) for place in range(len(runs))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert None not in outcomes
        return outcomes  # type: ignore[return-value]

    @property
    def own(self) -> dict[str, str]:
        """What everything that is created begins with."""
        return {"compartmentId": self.compartment_id, "projectId": self.project_id}


@pytest.fixture(scope="module")
def track(service: Any) -> Track:
    """A compartment and a bucket of this test's own."""
    profile = resolve(service.settings)
    compartment_id = f"ocid1.compartment.oc98..{uuid.uuid4().hex}"
    clients = [Client(profile) for _ in range(RACERS + 1)]
    track = Track(clients[0], clients[1:], compartment_id, service.project_id)
    track.namespace = track.client.ask("GET", "/n").body
    name = f"races-{uuid.uuid4().hex[:8]}"
    track.client.make(f"/n/{track.namespace}/b", {"name": name, "compartmentId": compartment_id})
    track.bucket = f"/n/{track.namespace}/b/{name}"
    return track


def winner(outcomes: list[Outcome], *refused: str) -> int:
    """Return who won: one did, and the others were told why they did not."""
    won = [place for place, outcome in enumerate(outcomes) if outcome.status < 300]
    assert len(won) == 1, outcomes
    assert {outcome.code for outcome in outcomes if outcome.status >= 300} <= set(refused), outcomes
    return won[0]


def contents() -> list[bytes]:
    return [bytes([racer]) * 200_000 for racer in range(RACERS)]


def test_of_artifacts_that_come_at_once_one_is_the_models(track: Track) -> None:
    for _ in range(ROUNDS):
        id = track.client.make("/20190101/models", track.own)["id"]
        path = f"/20190101/models/{id}/artifact"
        runs = [partial(Client.ask, method="POST", path=path, body=each) for each in contents()]
        won = winner(track.race(*runs), "Conflict")
        assert track.client.ask("GET", f"{path}/content").body == contents()[won]


def test_of_models_with_one_label_one_has_it(track: Track) -> None:
    versions = track.client.make("/20190101/modelVersionSets", {**track.own, "name": uuid.uuid4().hex})["id"]
    ids = [track.client.make("/20190101/models", {**track.own, "modelVersionSetId": versions})["id"] for _ in range(2)]
    for number in range(ROUNDS):
        label = {"modelVersionSetId": versions, "versionLabel": f"label {number}"}
        created = partial(Client.ask, method="POST", path="/20190101/models", body={**track.own, **label})
        changed = [partial(Client.ask, method="PUT", path=f"/20190101/models/{id}", body=label) for id in ids]
        winner(track.race(created, *changed), "Conflict")
    listed, _ = track.client.page(
        "/20190101/models", compartmentId=track.compartment_id, modelVersionSetName=_name(track, versions)
    )
    numbers = [model["versionId"] for model in listed]
    assert len(numbers) == len(set(numbers))
    labels = [model["versionLabel"] for model in listed if model.get("versionLabel")]
    assert len(labels) == len(set(labels))


def _name(track: Track, version_set_id: str) -> str:
    name: str = track.client.ask("GET", f"/20190101/modelVersionSets/{version_set_id}").body["name"]
    return name


def test_of_version_sets_with_one_name_one_is_made(track: Track) -> None:
    for _ in range(ROUNDS):
        body = {**track.own, "name": uuid.uuid4().hex}
        runs = [partial(Client.ask, method="POST", path="/20190101/modelVersionSets", body=body)] * RACERS
        winner(track.race(*runs), "Conflict")


def test_of_buckets_with_one_name_one_is_made(track: Track) -> None:
    for _ in range(ROUNDS):
        body = {"name": f"b-{uuid.uuid4().hex[:8]}", "compartmentId": track.compartment_id}
        run = partial(Client.ask, method="POST", path=f"/n/{track.namespace}/b", body=body)
        winner(track.race(*[run] * RACERS), "BucketAlreadyExists")


def test_of_objects_that_must_be_new_one_is(track: Track) -> None:
    for number in range(ROUNDS):
        path = f"{track.bucket}/o/new-{number}"
        new = {"if-none-match": "*"}
        runs = [partial(Client.ask, method="PUT", path=path, body=each, headers=new) for each in contents()]
        won = winner(track.race(*runs), "IfNoneMatchFailed")
        assert track.client.ask("GET", path).body == contents()[won]


def test_of_changes_to_what_each_has_seen_one_is_made(track: Track) -> None:
    path = f"{track.bucket}/o/seen"
    etag = track.client.ask("PUT", path, b"first").etag
    id = track.client.make("/20190101/models", track.own)["id"]
    for number in range(ROUNDS):
        seen = {"if-match": etag}
        runs = [partial(Client.ask, method="PUT", path=path, body=each, headers=seen) for each in contents()]
        outcomes = track.race(*runs)
        etag = outcomes[winner(outcomes, "IfMatchFailed", "NoEtagMatch")].etag
        seen = {"if-match": track.client.ask("GET", f"/20190101/models/{id}").etag}
        bodies = [{"description": f"{number} by {racer}"} for racer in range(RACERS)]
        runs = [
            partial(Client.ask, method="PUT", path=f"/20190101/models/{id}", body=each, headers=seen) for each in bodies
        ]
        won = winner(track.race(*runs), "NoEtagMatch")
        assert track.client.ask("GET", f"/20190101/models/{id}").body["description"] == bodies[won]["description"]


def test_of_uploads_in_parts_that_must_be_new_one_is(track: Track) -> None:
    for number in range(ROUNDS):
        name = f"parts-{number}"
        commits = [_commit(track, name, data, headers={"if-none-match": "*"}) for data in contents()]
        won = winner(track.race(*commits), "IfNoneMatchFailed")
        assert track.client.ask("GET", f"{track.bucket}/o/{name}").body == contents()[won]


def test_of_commits_of_one_upload_one_is_made(track: Track) -> None:
    for number in range(ROUNDS):
        commit = _commit(track, f"once-{number}", b"x" * 1000, headers={})
        winner(track.race(*[commit] * RACERS), "NoSuchUpload", "NotAuthorizedOrNotFound")


def _commit(track: Track, name: str, data: bytes, *, headers: Mapping[str, str]) -> Callable[[Client], Outcome]:
    upload_id = track.client.make(f"{track.bucket}/u", {"object": name})["uploadId"]
    path = f"{track.bucket}/u/{name}"
    etag = track.client.ask("PUT", path, data, uploadId=upload_id, uploadPartNum=1).etag
    body = {"partsToCommit": [{"partNum": 1, "etag": etag}]}
    return partial(Client.ask, method="POST", path=path, body=body, headers=headers, uploadId=upload_id)


def test_of_renames_of_one_object_and_to_one_name_one_is_made(track: Track) -> None:
    path = f"{track.bucket}/actions/renameObject"
    for number in range(ROUNDS):
        track.client.ask("PUT", f"{track.bucket}/o/one-{number}", b"x")
        bodies = [{"sourceName": f"one-{number}", "newName": f"one-{number}-{racer}"} for racer in range(RACERS)]
        winner(track.race(*(partial(Client.ask, method="POST", path=path, body=each) for each in bodies)),
               "ObjectNotFound")  # fmt: skip
        for racer in range(RACERS):
            track.client.ask("PUT", f"{track.bucket}/o/many-{number}-{racer}", contents()[racer])
        bodies = [
            {"sourceName": f"many-{number}-{racer}", "newName": f"many-{number}", "newObjIfNoneMatchETag": "*"}
            for racer in range(RACERS)
        ]
        runs = [partial(Client.ask, method="POST", path=path, body=each) for each in bodies]
        won = winner(track.race(*runs), "IfNoneMatchFailed")
        assert track.client.ask("GET", f"{track.bucket}/o/many-{number}").body == contents()[won]


def test_creates_with_one_token_make_one_thing_for_all(track: Track) -> None:
    for path in ("/20190101/models", "/20190101/projects", "/20190101/modelVersionSets"):
        for _ in range(ROUNDS // 2):
            body = {**track.own, "name": uuid.uuid4().hex}
            run = partial(Client.ask, method="POST", path=path, body=body, token=uuid.uuid4().hex)
            outcomes = track.race(*[run] * RACERS)
            assert [outcome.status for outcome in outcomes] == [200] * RACERS, outcomes
            assert len({outcome.body["id"] for outcome in outcomes}) == 1


def test_a_project_is_deleted_or_gets_the_model(track: Track) -> None:
    for _ in range(ROUNDS):
        project = track.client.make("/20190101/projects", {"compartmentId": track.compartment_id})["id"]
        delete = partial(Client.ask, method="DELETE", path=f"/20190101/projects/{project}")
        create = partial(Client.ask, method="POST", path="/20190101/models", body={**track.own, "projectId": project})
        winner(track.race(delete, create), "Conflict", "RelatedResourceNotAuthorizedOrNotFound")


# ── lists while others write ─────────────────────────────────────────────────────────────────────────────────────────

STEADY = 40
WALKS = 4


@contextmanager
def others_write(track: Track, step: Callable[[Client, int], None]) -> Iterator[None]:
    """Let every racer go on writing until the block ends."""
    stop, failures = threading.Event(), []

    def run(racer: int) -> None:
        number = racer
        while not stop.is_set():
            try:
                step(track.racers[racer], number)
            except AssertionError as error:
                failures.append(error)
                return
            number += RACERS

    threads = [threading.Thread(target=run, args=(racer,)) for racer in range(RACERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []


def _walk(client: Client, path: str, **query: object) -> list[Any]:
    """Return all of a list, page by page."""
    found, token = client.page(path, **query)
    while token:
        more, token = client.page(path, **query, page=token)
        found += more
    return found


@pytest.mark.parametrize(
    ("path", "name", "sorts"),
    [
        ("/20190101/models", "displayName", ["timeCreated", "displayName", "lifecycleState"]),
        ("/20190101/projects", "displayName", ["timeCreated", "displayName"]),
        ("/20190101/modelVersionSets", "name", ["timeCreated", "name", "lifecycleState"]),
    ],
)
def test_a_list_has_everything_that_stays_once_while_others_write(track, path: str, name: str, sorts) -> None:
    compartment_id = f"ocid1.compartment.oc98..{uuid.uuid4().hex}"
    own = {"compartmentId": compartment_id, "projectId": track.project_id}
    steady = {track.client.make(path, {**own, name: f"m {number:03}"})["id"] for number in range(STEADY)}

    def step(client: Client, number: int) -> None:
        made = client.make(path, {**own, name: f"m {number % STEADY:03} {uuid.uuid4().hex}"})
        assert client.ask("PUT", f"{path}/{made['id']}", {"description": "x"}).status == 200
        if name == "displayName":
            client.ask("PUT", f"{path}/{made['id']}", {name: f"m {(number * 7) % STEADY:03} again"})
        assert client.ask("DELETE", f"{path}/{made['id']}").status < 300

    with others_write(track, step):
        for sort in sorts * WALKS:
            for order in ("ASC", "DESC"):
                listed = _walk(track.client, path, compartmentId=compartment_id, limit=9, sortBy=sort, sortOrder=order)
                ids = [each["id"] for each in listed if each["id"] in steady]
                assert len(ids) == len(steady), (sort, order)
                assert set(ids) == steady


def test_a_list_of_objects_has_everything_that_stays_once_while_others_write(track: Track) -> None:
    steady = {f"s/{number:03}" for number in range(STEADY)}
    for name in steady:
        track.client.ask("PUT", f"{track.bucket}/o/{name}", b"x")

    def step(client: Client, number: int) -> None:
        names = [f"s/{number % STEADY:03}-{letter}-{number}" for letter in "ab"]
        assert client.ask("PUT", f"{track.bucket}/o/{names[0]}", b"x").status == 200
        rename = {"sourceName": names[0], "newName": names[1]}
        assert client.ask("POST", f"{track.bucket}/actions/renameObject", rename).status == 200
        assert client.ask("DELETE", f"{track.bucket}/o/{names[1]}").status == 204

    with others_write(track, step):
        for _ in range(WALKS * 3):
            found = [name for name in _names(track) if name in steady]
            assert len(found) == len(steady)
            assert set(found) == steady
    assert set(_names(track)) == steady


def _names(track: Track) -> Iterator[str]:
    start = ""
    while start is not None:
        page = track.client.ask("GET", f"{track.bucket}/o", prefix="s/", limit=7, start=start).body
        yield from (each["name"] for each in page["objects"])
        start = page.get("nextStartWith")
