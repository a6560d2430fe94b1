"""OCIDs: minted ones parse, and nothing else does."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard import ids

TYPES = st.from_regex(r"[a-z][a-z0-9-]{0,30}", fullmatch=True)


@given(TYPES)
def test_a_minted_ocid_parses_into_its_parts(resource_type: str) -> None:
    parts = ids.parse(ids.mint(resource_type))
    assert parts is not None
    assert (parts.type, parts.realm, parts.region) == (resource_type, ids.REALM, ids.REGION)
    assert len(parts.unique) == 60


def test_ocids_are_not_minted_twice() -> None:
    assert len({ids.mint(ids.MODEL) for _ in range(1000)}) == 1000


def test_an_ocid_of_another_type_is_told_apart() -> None:
    ocid = ids.mint(ids.MODEL)
    assert ids.is_ocid(ocid)
    assert ids.is_ocid(ocid, ids.MODEL)
    assert not ids.is_ocid(ocid, ids.MODEL_DEPLOYMENT)


@pytest.mark.parametrize(
    "text",
    ["", "ocid1", "ocid1.datasciencemodel.oc1.iad", "ocid2.datasciencemodel.oc1.iad.abc", "ocid1.model.oc1..abc\n",
     "ocid1.model.oc1..", " ocid1.model.oc1..abc", "ocid1.Model.oc1..abc", "ocid1.model.oc1../abc"],
)  # fmt: skip
def test_what_only_looks_like_an_ocid_is_none(text: str) -> None:
    assert ids.parse(text) is None
    assert not ids.is_ocid(text)


def test_an_ocid_of_the_official_service_without_a_region_parses() -> None:
    parts = ids.parse("ocid1.compartment.oc1..aaaaaaaabbbb")
    assert parts == ids.Ocid("compartment", "oc1", "", "aaaaaaaabbbb")


@given(st.text(max_size=100))
def test_parsing_any_text_never_raises(text: str) -> None:
    assert (ids.parse(text) is not None) == ids.is_ocid(text)


def test_ids_chosen_by_a_seeded_source_are_the_same_each_time():
    def three() -> list[str]:
        with ids.chosen_by(random.Random(7).choice):
            return [ids.mint(ids.MODEL) for _ in range(3)]

    assert three() == three()
    assert len(set(three())) == 3
    assert ids.mint(ids.MODEL) not in three()


def test_names_that_nobody_guesses_are_chosen_likewise():
    def two() -> list[str]:
        with ids.chosen_by(random.Random(7).choice):
            return [ids.unguessable(), ids.unguessable(9)]

    first, second = two()
    assert two() == [first, second]
    assert re.fullmatch("[0-9a-f]{32}", first)
    assert re.fullmatch("[0-9a-f]{9}", second)


@pytest.mark.parametrize("letters", [1, 9, 32, 64])
def test_a_name_that_nobody_guesses_has_the_letters_asked_for(letters: int) -> None:
    assert re.fullmatch(f"[0-9a-f]{{{letters}}}", ids.unguessable(letters))
    assert ids.unguessable() != ids.unguessable()
