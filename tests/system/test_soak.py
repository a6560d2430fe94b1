"""Everything at once, for a long time: swaps, broken swaps, kills, all under load. ``make soak`` runs it."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time

import pytest

from modelyard.errors import WorkRequestFailed

SECONDS = float(os.environ.get("SOAK_SECONDS", "600"))
WORKERS = 2


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_under_load_only_what_a_killed_worker_held_is_lost(house, load_on):
    chance = random.Random(1)
    models = {factor: house.save(factor=factor) for factor in (2, 3)}
    broken = house.save(factor=5, load="raise RuntimeError('no weights')")
    deployment = house.deploy(models[2])
    killed_workers = 0
    until = time.monotonic() + SECONDS
    with load_on(deployment, 2, 3) as load:
        while time.monotonic() < until:
            action = chance.choice(["swap", "swap", "break", "service", "worker", "rest"])
            if action == "swap":
                house.swap(deployment, models[chance.choice([2, 3])])
            elif action == "break":
                with pytest.raises(WorkRequestFailed):
                    house.swap(deployment, broken)
            elif action == "service":
                house.kill("service")
            elif action == "worker":
                state = chance.choice(house.replica_states())
                with contextlib.suppress(ProcessLookupError):  # an old version's, which has just ended
                    os.kill(chance.choice(state["workers"])["pid"], signal.SIGKILL)
                    killed_workers += 1
            else:
                threading.Event().wait(chance.random())
            load.wait_for(20)
    assert len(load.failures) <= killed_workers, load.failures
    assert load.count > 100
    with house.client as client:
        assert client.get_model_deployment(deployment).lifecycle_state == "ACTIVE"
    assert len(house.replica_states()) == 1
