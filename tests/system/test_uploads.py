"""Uploads that are cut off: the model has no artifact or the whole artifact, and nothing is left over."""

from __future__ import annotations

import os
import random
import threading

import pytest

from modelyard.errors import Conflict, ModelyardError, NotFound
from modelyard.resources.model import CreateModelDetails
from modelyard.server.installation import load

SIZE = 24 * 1024 * 1024
KILLS = 6


def new_model(house):
    """Return the OCID of a model without an artifact."""
    made = load(house.settings)
    with house.client as client:
        return client.create_model(
            CreateModelDetails(compartment_id=made.compartment_id, project_id=made.project_id)
        ).id


def send(house, model_id, file, progress=None):
    """Upload, and return the error that came of it, if one did."""
    with house.client as client:
        try:
            client.create_model_artifact(model_id, file, progress=progress)
        except ModelyardError as error:
            return error
    return None


def unfinished(house):
    """Return what interrupted uploads have left."""
    return list((house.settings.blobs / "unfinished").iterdir())


def blobs(house):
    return set((house.settings.blobs / "sha256").glob("*/*"))


@pytest.fixture
def file(tmp_path):
    """Bytes to upload."""
    path = tmp_path / "large.zip"
    path.write_bytes(os.urandom(SIZE))
    return path


def test_a_service_killed_at_any_moment_of_an_upload_keeps_all_of_it_or_nothing(house, file, tmp_path):
    chance = random.Random(20)
    outcomes = set()
    before = blobs(house)
    for number in range(KILLS):
        model_id = new_model(house)
        # from the first bytes to after the last: the moments around the commit are among them
        share = chance.uniform(0, 1) if number else 1.0
        reached = threading.Event()

        def progress(sent, total, share=share, reached=reached):
            if sent >= share * total:
                reached.set()

        thread = threading.Thread(target=send, args=(house, model_id, file, progress))
        thread.start()
        assert reached.wait(30)
        house.kill("service")
        thread.join()
        with house.client as client:
            try:
                back = tmp_path / f"back-{number}"
                client.get_model_artifact_content(model_id, back)
                assert back.read_bytes() == file.read_bytes()
                outcomes.add("whole")
            except NotFound:
                outcomes.add("none")
                assert send(house, model_id, file) is None  # and it can be sent again
    assert outcomes
    house.down()
    house.up()
    assert unfinished(house) == []
    assert len(blobs(house) - before) == 1  # the same bytes each time


def test_a_client_that_goes_away_in_the_middle_leaves_nothing(house, file):
    model_id = new_model(house)

    class Gone(Exception):
        pass

    def leave(sent, total):
        if sent > total / 2:
            raise Gone

    with house.client as client, pytest.raises(Gone):
        client.create_model_artifact(model_id, file, progress=leave)
    wait_until_empty(house)
    with house.client as client, pytest.raises(NotFound):
        client.head_model_artifact(model_id)
    assert send(house, model_id, file) is None


def test_of_two_uploads_at_once_one_wins(house, file):
    model_id = new_model(house)
    results: list[ModelyardError | None] = []
    threads = [threading.Thread(target=lambda: results.append(send(house, model_id, file))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(None) == 1
    assert all(isinstance(result, Conflict) for result in results if result is not None)
    wait_until_empty(house)


def wait_until_empty(house):
    """Wait until no upload is under way."""
    pause = threading.Event()
    for _ in range(500):
        if not unfinished(house):
            return
        pause.wait(0.02)
    raise AssertionError(f"left over: {unfinished(house)}")
