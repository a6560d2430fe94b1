"""Who decides what holds."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.model.model_properties import DEFAULTS, ModelProperties, from_settings, of_options, settle
from modelyard.model.options import DeployOptions
from modelyard.settings import Settings

TEXTS = st.one_of(st.none(), st.text(max_size=3))
SOURCES = st.builds(ModelProperties, project_id=TEXTS, training_id=TEXTS, deployment_instance_shape=TEXTS)


@given(st.lists(SOURCES, min_size=1, max_size=4))
def test_for_each_property_the_first_that_says_something_wins(sources: list[ModelProperties]) -> None:
    settled = settle(*sources)
    for field in fields(ModelProperties):
        said = [getattr(source, field.name) for source in sources]
        assert getattr(settled, field.name) == next((value for value in said if value is not None), None)


def test_a_zero_that_was_said_is_not_taken_for_silence() -> None:
    assert settle(ModelProperties(deployment_instance_count=0), DEFAULTS).deployment_instance_count == 0


def test_arguments_come_before_properties_environment_and_defaults() -> None:
    settled = settle(
        of_options(DeployOptions(deployment_ocpus=4)),
        ModelProperties(deployment_ocpus=2, project_id="property"),
        from_settings(Settings(home=Path("/nowhere"), project_id="environment", compartment_id="environment")),
        DEFAULTS,
    )
    assert (settled.deployment_ocpus, settled.project_id, settled.compartment_id) == (4, "property", "environment")
    assert settled.deployment_instance_shape == "VM.Standard.E4.Flex"


def test_numbers_of_numpy_are_numbers() -> None:
    count: Any = np.int64(2)
    assert type(settle(ModelProperties(deployment_instance_count=count)).deployment_instance_count) is int


def test_there_are_the_23_properties_of_the_reference() -> None:
    assert len(fields(ModelProperties)) == 23


def test_a_property_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="projekt: no such property"):
        ModelProperties.from_dict({"projekt": "x"})


def test_only_what_is_set_is_in_the_dictionary() -> None:
    assert ModelProperties(project_id="p").to_dict() == {"project_id": "p"}
