"""A STREAM_ONLY deployment answers every message once and in order, whatever is killed or swapped meanwhile."""

from __future__ import annotations

import base64
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

oci = pytest.importorskip("oci")

DEADLINE = 90.0
KEYS = 5

SCORE_PY = """
import os
import time

FACTOR = {factor}

def load_model():
    return FACTOR

def predict(data, model=FACTOR):
    if data == 0:
        os._exit(1)
    time.sleep(0.005)
    return {{"number": data, "factor": model}}
"""


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class Streams:
    """A house's streams, by the official clients, which try again while the service is away."""

    def __init__(self, house: Any) -> None:
        made = json.loads(house.settings.installation_file.read_text())
        config = oci.config.from_file(str(house.settings.own_config_file))
        self.compartment_id, self.project_id = made["compartment_id"], made["project_id"]
        patient = oci.retry.RetryStrategyBuilder(
            max_attempts=60,
            total_elapsed_time_seconds=60,
            retry_base_sleep_time_seconds=0.05,
            retry_max_wait_between_calls_seconds=0.3,
        ).get_retry_strategy()
        options = {
            "service_endpoint": made["endpoint"],
            "retry_strategy": patient,
            "circuit_breaker_strategy": oci.circuit_breaker.NoCircuitBreakerStrategy(),
        }
        self.admin = oci.streaming.StreamAdminClient(config, **options)
        self.client = oci.streaming.StreamClient(config, **options)

    def create(self, name: str, *, partitions: int) -> str:
        details = oci.streaming.models.CreateStreamDetails(
            name=name, partitions=partitions, compartment_id=self.compartment_id
        )
        return self.admin.create_stream(details).data.id

    def put(self, stream_id: str, numbers: list[int]) -> None:
        entries = [
            oci.streaming.models.PutMessagesDetailsEntry(key=encoded(f"k{number % KEYS}"), value=encoded(str(number)))
            for number in numbers
        ]
        details = oci.streaming.models.PutMessagesDetails(messages=entries)
        assert self.client.put_messages(stream_id, details).data.failures == 0

    def read(self, stream_id: str, partition: int) -> Iterator[Any]:
        details = oci.streaming.models.CreateCursorDetails(partition=str(partition), type="TRIM_HORIZON")
        cursor = self.client.create_cursor(stream_id, details).data.value
        while True:
            answer = self.client.get_messages(stream_id, cursor)
            if not answer.data:
                return
            yield from answer.data
            cursor = answer.headers["opc-next-cursor"]


def deploy(house, streams, model_id, *, inputs, outputs) -> str:
    """Deploy a model onto streams and wait; return the deployment's OCID."""
    from modelyard.client.waiters import wait_for_work_request
    from modelyard.resources.deployment import (
        CreateModelDeploymentDetails,
        InstanceConfiguration,
        ModelConfigurationDetails,
        SingleModelDeploymentConfigurationDetails,
        StreamConfigurationDetails,
    )

    details = CreateModelDeploymentDetails(
        compartment_id=streams.compartment_id,
        project_id=streams.project_id,
        deployment_mode="STREAM_ONLY",
        model_deployment_configuration_details=SingleModelDeploymentConfigurationDetails(
            model_configuration_details=ModelConfigurationDetails(
                model_id=model_id,
                instance_configuration=InstanceConfiguration(instance_shape_name="VM.Standard2.1"),
            ),
            stream_configuration_details=StreamConfigurationDetails(input_stream_ids=inputs, output_stream_ids=outputs),
        ),
    )
    with house.client as client:
        created = client.create_model_deployment(details)
        wait_for_work_request(client, created.work_request_id, max_wait_time=DEADLINE)
    return created.deployment.id


def answers_of(streams, sink, count) -> dict[int, list[tuple[str, Any]]]:
    """Return what each partition of a stream says, once there are so many messages and no more come."""
    until = time.monotonic() + DEADLINE
    while time.monotonic() < until:
        found = {
            partition: [
                (base64.b64decode(each.key).decode(), json.loads(base64.b64decode(each.value)))
                for each in streams.read(sink, partition)
            ]
            for partition in range(3)
        }
        if sum(map(len, found.values())) >= count:
            return found
        threading.Event().wait(0.1)
    raise AssertionError(f"{sum(map(len, found.values()))} of {count} answers")


def check_every_one_once_and_in_order(found, numbers) -> None:
    said = [answer["number"] for answers in found.values() for _, answer in answers]
    assert sorted(said) == sorted(numbers)
    for key in range(KEYS):
        of_key = [answer["number"] for answers in found.values() for name, answer in answers if name == f"k{key}"]
        assert of_key == [number for number in numbers if number % KEYS == key]


def another_service(house, killed: int) -> int:
    """Return the pid of the service as soon as it is another."""
    until = time.monotonic() + DEADLINE
    while (pid := house.pid_of("service")) == killed and time.monotonic() < until:
        threading.Event().wait(0.05)
    return pid


@pytest.fixture
def streams(house):
    return Streams(house)


def test_every_message_is_answered_once_and_in_order_while_the_service_is_killed(house, streams):
    source, sink = streams.create("in", partitions=2), streams.create("out", partitions=3)
    deployment = deploy(house, streams, house.save(factor=2, score_py=SCORE_PY), inputs=[source], outputs=[sink])
    numbers, killed = list(range(1, 1201)), 0
    for begin in range(0, 1200, 300):
        pid = another_service(house, killed)
        streams.put(source, numbers[begin : begin + 300])
        os.kill(pid, signal.SIGKILL)  # in the middle of it: to predict all that takes a second
        killed = pid
    check_every_one_once_and_in_order(answers_of(streams, sink, len(numbers)), numbers)
    reservations = streams.client.get_group(source, deployment).data.reservations
    assert sum(each.committed_offset + 1 for each in reservations) == len(numbers)


def test_every_message_is_answered_once_and_in_order_while_the_model_is_swapped(house, streams):
    source, sink = streams.create("in", partitions=2), streams.create("out", partitions=3)
    models = {factor: house.save(factor=factor, score_py=SCORE_PY) for factor in (2, 3)}
    deployment = deploy(house, streams, models[2], inputs=[source], outputs=[sink])
    numbers: list[int] = []
    for factor in (3, 2, 3):
        swap = threading.Thread(target=house.swap, args=(deployment, models[factor]))
        swap.start()
        while swap.is_alive():
            following = list(range(len(numbers) + 1, len(numbers) + 51))
            streams.put(source, following)
            numbers += following
        swap.join()
    found = answers_of(streams, sink, len(numbers))
    check_every_one_once_and_in_order(found, numbers)
    assert {answer["factor"] for answers in found.values() for _, answer in answers} == {2, 3}


def test_a_message_that_kills_workers_is_answered_with_an_error_and_the_others_are_answered(house, streams):
    source, sink = streams.create("in", partitions=1), streams.create("out", partitions=3)
    deploy(house, streams, house.save(factor=2, score_py=SCORE_PY), inputs=[source], outputs=[sink])
    streams.put(source, [1, 0, 2])
    found = answers_of(streams, sink, 3)
    said = {key: answer for answers in found.values() for key, answer in answers}
    assert said["k0"]["code"] == "ServiceUnavailable"
    assert said["k0"]["input"] == {"streamId": source, "partition": "0", "offset": 1}
    assert (said["k1"]["number"], said["k2"]["number"]) == (1, 2)
    streams.put(source, [3])  # and it goes on
    assert sum(map(len, answers_of(streams, sink, 4).values())) == 4


def test_killed_replicas_take_no_message_with_them(house, streams):
    source, sink = streams.create("in", partitions=2), streams.create("out", partitions=3)
    deploy(house, streams, house.save(factor=2, score_py=SCORE_PY), inputs=[source], outputs=[sink])
    numbers = list(range(1, 601))
    for begin in range(0, 600, 100):
        streams.put(source, numbers[begin : begin + 100])
        if begin == 200:
            for state in house.replica_states():
                os.kill(state["pid"], signal.SIGKILL)
    check_every_one_once_and_in_order(answers_of(streams, sink, len(numbers)), numbers)
