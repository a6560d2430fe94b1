"""A new version takes over under load, and no request fails."""

from __future__ import annotations

import pytest

from modelyard.errors import WorkRequestFailed

SWAPS = 20


def test_twenty_swaps_under_load_fail_no_request(house, load_on):
    models = {factor: house.save(factor=factor) for factor in (2, 3)}
    deployment = house.deploy(models[2])
    with load_on(deployment, 2, 3) as load:
        for number in range(SWAPS):
            house.swap(deployment, models[3 if number % 2 == 0 else 2])
            load.wait_for(20)
    assert load.failures == []
    assert min(load.answers[2], load.answers[3]) > SWAPS


@pytest.mark.parametrize(
    "load",
    ["raise RuntimeError('no weights')", "import os; os._exit(3)", "import nothing_of_this_name"],
    ids=["raises", "dies", "lacks a package"],
)
def test_a_broken_version_takes_nothing_from_the_one_that_serves(house, load_on, load):
    deployment = house.deploy(house.save(factor=2))
    broken = house.save(factor=5, load=load)
    with load_on(deployment, 2) as traffic:
        for _ in range(SWAPS // 3 + 1):
            with pytest.raises(WorkRequestFailed):
                house.swap(deployment, broken)
            traffic.wait_for(20)
    assert traffic.failures == []
    with house.client as client:
        assert client.get_model_deployment(deployment).lifecycle_state == "ACTIVE"


def test_scaling_and_restarting_under_load_fails_no_request_that_can_be_answered(house, load_on):
    deployment = house.deploy(house.save(factor=2), instances=2)
    with load_on(deployment, 2) as load:
        house.swap(deployment, house.save(factor=2))
        load.wait_for(50)
    assert load.failures == []
