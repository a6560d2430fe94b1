"""Write to a service and say what is begun and what is acknowledged.

Run by path, with a seed, the path of a bucket, and the OCIDs of compartment and project.
Each thread has names of its own, and goes on until one of its requests is not answered. A line is ``begin`` or ``done``
with what the names that the step touches will hold: the key of their bytes, or null. The bytes of a key are
``bytes_of(key)``, made again by whoever checks.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
from urllib.parse import quote

from modelyard.client.profile import resolve
from modelyard.client.retries import NEVER
from modelyard.client.transport import Request, Transport
from modelyard.errors import ServiceUnreachable, WireError
from modelyard.settings import from_environ

THREADS = 3
PASSING = {"ACCEPTED", "IN_PROGRESS"}
PART = 150_000


def bytes_of(key: str) -> bytes:
    """Return the bytes of a key: ``seed-size``, or ``seed-size+seed-size`` for parts end to end."""
    pieces = (piece.split("-") for piece in key.split("+"))
    return b"".join(random.Random(int(seed)).randbytes(int(size)) for seed, size in pieces)


def say(word: str, step: dict[str, str | None]) -> None:
    """Write a line at once."""
    os.write(1, f"{word} {json.dumps(step)}\n".encode())


class Writer:
    """Do steps in a random order, each a request or a few."""

    def __init__(self, name: str, chance: random.Random, *, bucket: str, owner: dict[str, str]) -> None:
        self.name = name
        self.chance = chance
        self.bucket = bucket
        self.owner = owner
        self.transport = Transport(resolve(from_environ()), retries=NEVER)
        self.objects: dict[str, str] = {}
        self.models: dict[str, str] = {}
        self.count = 0

    def run(self) -> None:
        """Go on until a request is not answered, or answered with a failure of the service's side."""
        steps = [
            self.put, self.put, self.overwrite, self.upload, self.rename, self.delete,
            self.save, self.forget, self.take_from_bucket, self.bring_to_bucket,
        ]  # fmt: skip
        try:
            while True:
                self.chance.choice(steps)()
        except ServiceUnreachable:
            pass
        except WireError as error:
            if error.status < 500:
                say("wrong", {self.name: f"{error.status} {error}"})

    def put(self) -> None:
        """Put a new object."""
        self._put(self._new_name())

    def overwrite(self) -> None:
        """Put an object over another."""
        if self.objects:
            self._put(self._known())

    def upload(self) -> None:
        """Make an object of parts."""
        name = self._new_name()
        keys = [f"{self._seed()}-{PART + each}" for each in range(self.chance.randint(2, 4))]
        made = json.loads(self._ask("POST", f"{self.bucket}/u", {"object": name}))
        at = f"{self.bucket}/u/{quote(name)}"
        parts = []
        for number, key in enumerate(keys, 1):
            query = {"uploadId": made["uploadId"], "uploadPartNum": str(number)}
            request = Request(method="PUT", path=at, query=query, body=bytes_of(key))
            parts.append({"partNum": number, "etag": self.transport.send(request).headers["etag"]})
        step = {f"object {name}": "+".join(keys)}
        say("begin", step)
        self._ask("POST", at, {"partsToCommit": parts}, uploadId=made["uploadId"])
        say("done", step)
        self.objects[name] = "+".join(keys)

    def rename(self) -> None:
        """Give an object another name."""
        if not self.objects:
            return
        old, new = self._known(), self._new_name()
        step = {f"object {old}": None, f"object {new}": self.objects[old]}
        say("begin", step)
        self._ask("POST", f"{self.bucket}/actions/renameObject", {"sourceName": old, "newName": new})
        say("done", step)
        self.objects[new] = self.objects.pop(old)

    def delete(self) -> None:
        """Delete an object."""
        if self.objects:
            name = self._known()
            self._step("DELETE", f"{self.bucket}/o/{quote(name)}", {f"object {name}": None})
            del self.objects[name]

    def save(self) -> None:
        """Create a model and upload its artifact."""
        id = json.loads(self._ask("POST", "/20190101/models", self.owner))["id"]
        key = f"{self._seed()}-{self.chance.randint(1, 2_000_000)}"
        self._step("POST", f"/20190101/models/{id}/artifact", {f"model {id}": key}, bytes_of(key))
        self.models[id] = key

    def forget(self) -> None:
        """Delete a model."""
        if self.models:
            id, _ = self.models.popitem()
            self._step("DELETE", f"/20190101/models/{id}", {f"model {id}": None})

    def take_from_bucket(self) -> None:
        """Create a model and let an object be its artifact."""
        name = next((name for name, key in self.objects.items() if not key.endswith("-0")), None)
        if name is not None:
            id = json.loads(self._ask("POST", "/20190101/models", self.owner))["id"]
            details = {"sourceBucket": self._bucket_name, "sourceObjectName": name, "sourceRegion": "local-1"}
            body = {"artifactExportDetails": {**self._elsewhere(), **details}}
            self._transfer(f"/20190101/models/{id}/actions/exportArtifact", body, {f"model {id}": self.objects[name]})
            self.models[id] = self.objects[name]

    def bring_to_bucket(self) -> None:
        """Write an artifact to an object."""
        if self.models:
            id, key = next(iter(self.models.items()))
            name = self._new_name()
            place = {"destinationBucket": self._bucket_name, "destinationObjectName": name}
            details = {**self._elsewhere(), **place, "destinationRegion": "local-1"}
            body = {"artifactImportDetails": details}
            self._transfer(f"/20190101/models/{id}/actions/importArtifact", body, {f"object {name}": key})
            self.objects[name] = key

    def _elsewhere(self) -> dict[str, str]:
        return {"artifactSourceType": "ORACLE_OBJECT_STORAGE", "namespace": self.bucket.split("/")[2]}

    @property
    def _bucket_name(self) -> str:
        return self.bucket.split("/")[4]

    def _transfer(self, path: str, body: object, step: dict[str, str | None]) -> None:
        """Ask for a transfer, which is acknowledged when its work request has succeeded."""
        say("begin", step)
        answer = self.transport.send(Request(method="POST", path=path, body=json.dumps(body).encode()))
        request = f"/20190101/workRequests/{answer.headers['opc-work-request-id']}"
        while (
            status := json.loads(self.transport.send(Request(method="GET", path=request)).body)["status"]
        ) in PASSING:
            threading.Event().wait(0.01)
        say("done" if status == "SUCCEEDED" else "wrong", step)

    def _put(self, name: str) -> None:
        key = f"{self._seed()}-{self.chance.choice([0, 1000, 100_000, 1_500_000])}"
        self._step("PUT", f"{self.bucket}/o/{quote(name)}", {f"object {name}": key}, bytes_of(key))
        self.objects[name] = key

    def _step(self, method: str, path: str, step: dict[str, str | None], body: bytes = b"") -> None:
        say("begin", step)
        self.transport.send(Request(method=method, path=path, body=body))
        say("done", step)

    def _ask(self, method: str, path: str, body: object, **query: str) -> bytes:
        request = Request(method=method, path=path, query=query, body=json.dumps(body).encode())
        return self.transport.send(request).body

    def _known(self) -> str:
        return self.chance.choice(sorted(self.objects))

    def _new_name(self) -> str:
        self.count += 1
        return f"{self.name} {self.count}/é"

    def _seed(self) -> int:
        return self.chance.randrange(1 << 40)


def main(seed: str, bucket: str, compartment_id: str, project_id: str) -> None:
    """Write with several threads until the service is gone."""
    owner = {"compartmentId": compartment_id, "projectId": project_id}
    names = [f"{seed}-{number}" for number in range(THREADS)]
    writers = [Writer(name, random.Random(name), bucket=bucket, owner=owner) for name in names]
    threads = [threading.Thread(target=writer.run) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
