"""A whole group takes over, and instances come and go, under load; no request fails."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from modelyard.database.engine import Database
from modelyard.deployments import recording, store
from modelyard.errors import WorkRequestFailed
from modelyard.serving.state import is_alive, lock_path

SWAPS = 6


def test_swaps_of_a_group_under_load_fail_no_request(house, load_on):
    models = {factor: house.save(factor=factor) for factor in (2, 3, 5)}
    groups = [house.group(a=models[2], b=models[3]), house.group(a=models[3], b=models[5])]
    deployment = house.deploy_group(groups[0])
    with (
        load_on(deployment, 2, 3, model="a", keep_alive=2, fresh=1) as one,
        load_on(deployment, 3, 5, model="b", keep_alive=2, fresh=1) as other,
    ):
        for number in range(SWAPS):
            house.swap_group(deployment, groups[(number + 1) % 2], update_type="ZDT" if number % 3 else "LIVE")
            one.wait_for(20)
            other.wait_for(20)
    assert one.failures == other.failures == []
    assert min(one.answers[2], one.answers[3], other.answers[3], other.answers[5]) > SWAPS


@pytest.mark.parametrize("update_type", ["ZDT", "LIVE"])
def test_a_group_with_a_broken_member_takes_nothing_from_the_one_that_serves(house, load_on, update_type):
    good = house.save(factor=2)
    deployment = house.deploy_group(house.group(a=good))
    broken = house.group(a=good, b=house.save(factor=3, load="raise RuntimeError('no weights')"))
    with load_on(deployment, 2, model="a") as load:
        with pytest.raises(WorkRequestFailed, match="RuntimeError: no weights"):
            house.swap_group(deployment, broken, update_type=update_type)
        load.wait_for(50)
    assert load.failures == []


def test_scaling_out_and_in_under_load_fails_no_request(house, load_on, until):
    deployment = house.deploy(house.save(factor=2))
    database = Database(house.settings.database_file)
    with load_on(deployment, 2) as load:
        for count in (3, 1, 2, 1):
            with database.write() as tx:  # what the autoscaler does once its policy wants another count
                found = store.find(tx, deployment)
                recording.record_scale(tx, found, count, now=datetime.now(timezone.utc))
            until(lambda count=count: shown(house, deployment) == count, what=f"{count} instances")
            until(lambda count=count: running(house) == count, what=f"{count} replicas")
            load.wait_for(50)
    database.close()
    assert load.failures == []


def test_a_service_that_is_killed_while_it_scales_goes_on_with_it(house, load_on, until):
    deployment = house.deploy(house.save(factor=2, load="import time; time.sleep(0.5)"))
    database = Database(house.settings.database_file)
    with load_on(deployment, 2) as load:
        with database.write() as tx:
            recording.record_scale(tx, store.find(tx, deployment), 2, now=datetime.now(timezone.utc))
        house.kill("service")
        until(lambda: running(house) == 2, what="2 replicas")
        load.wait_for(50)
    database.close()
    assert load.failures == []
    until(lambda: shown(house, deployment) == 2, what="2 instances")


def shown(house, deployment):
    with house.client as client:
        return client.get_model_deployment(deployment).model_deployment_system_data.current_instance_count


def running(house):
    return sum(is_alive(lock_path(str(file))) for file in house.settings.replicas.glob("*/state.json"))
