"""Settings: what each variable does, and what a value that makes no sense says."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.errors import ConfigurationError
from modelyard.settings import Settings, from_environ

NUMBERS = ["MODELYARD_PORT", "MODELYARD_GATEWAY_PROCESSES", "MODELYARD_ARTIFACT_LIMIT", "MODELYARD_PREDICT_LIMIT"]
TIMES = ["MODELYARD_PREDICT_TIMEOUT", "MODELYARD_LOAD_TIMEOUT", "MODELYARD_DRAIN_TIMEOUT"]
FLAGS = ["MODELYARD_VERIFY_SIGNATURES", "MODELYARD_AUTOSTART", "MODELYARD_TUNNEL"]


def test_an_empty_environment_gives_the_defaults() -> None:
    expected = Settings(home=Path("/h/.local/share/modelyard"), user_config_file=Path("/h/.oci/config"))
    assert from_environ({"HOME": "/h"}) == expected


def test_variables_that_are_empty_count_as_unset() -> None:
    names = [*NUMBERS, *TIMES, *FLAGS, "MODELYARD_HOME", "XDG_DATA_HOME", "MODELYARD_HOST", "OCI_CONFIG_FILE"]
    assert from_environ({"HOME": "/h", **dict.fromkeys(names, "")}) == from_environ({"HOME": "/h"})


@pytest.mark.parametrize(
    ("environ", "home"),
    [
        ({"HOME": "/h"}, "/h/.local/share/modelyard"),
        ({"HOME": "/h", "XDG_DATA_HOME": "/d"}, "/d/modelyard"),
        ({"HOME": "/h", "XDG_DATA_HOME": "/d", "MODELYARD_HOME": "/m"}, "/m"),
    ],
)
def test_the_home_is_the_nearest_that_is_said(environ: dict[str, str], home: str) -> None:
    assert from_environ(environ).home == Path(home)


def test_a_relative_home_does_not_move_with_the_process() -> None:
    assert from_environ({"MODELYARD_HOME": "here"}).home == Path.cwd() / "here"


def test_every_setting_is_read() -> None:
    environ = {
        "HOME": "/h",
        "MODELYARD_HOME": "/m",
        "MODELYARD_HOST": "0.0.0.0",
        "MODELYARD_PORT": "0",
        "MODELYARD_ENDPOINT": "https://yard.test/",
        "MODELYARD_GATEWAY_PROCESSES": "3",
        "MODELYARD_ARTIFACT_LIMIT": "10",
        "MODELYARD_UPLOAD_LIMIT": "9",
        "MODELYARD_PREDICT_LIMIT": "11",
        "MODELYARD_PREDICT_TIMEOUT": "1.5",
        "MODELYARD_LOAD_TIMEOUT": "2",
        "MODELYARD_DRAIN_TIMEOUT": "1e1",
        "MODELYARD_VERIFY_SIGNATURES": "0",
        "MODELYARD_DEFAULT_PYTHON": "/py",
        "MODELYARD_AUTOSTART": "no",
        "MODELYARD_PACKS": "general_p311=/envs/general:other=/envs/other",
        "MODELYARD_CONTAINER_RUNTIME": "podman --root '/a b'",
        "MODELYARD_TUNNEL": "off",
        "REQUESTS_CA_BUNDLE": "/ca.pem",
        "OCI_CONFIG_FILE": "/c",
        "OCI_CONFIG_PROFILE": "P",
        "PROJECT_OCID": "project",
        "JOB_RUN_COMPARTMENT_OCID": "compartment",
        "NB_SESSION_OCID": "notebook",
        "MODEL_VERSION_SET_ID": "set",
        "MODEL_VERSION_SET_NAME": "churn",
        "MODEL_VERSION_SET_COMPARTMENT_ID": "elsewhere",
        "MODELYARD_METADATA_VALUE_LIMIT": "255",
        "OCI_RESOURCE_PRINCIPAL_RPST": "token",
        "OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM": "/key.pem",
    }
    expected = Settings(
        home=Path("/m"),
        host="0.0.0.0",
        port=0,
        endpoint="https://yard.test",
        gateway_processes=3,
        artifact_limit=10,
        upload_limit=9,
        predict_limit=11,
        predict_timeout=1.5,
        load_timeout=2.0,
        drain_timeout=10.0,
        verify_signatures=False,
        default_python="/py",
        autostart=False,
        packs={"general_p311": Path("/envs/general"), "other": Path("/envs/other")},
        container_runtime=("podman", "--root", "/a b"),
        tunnel=False,
        user_config_file=Path("/h/.oci/config"),
        ca_bundle=Path("/ca.pem"),
        config_file=Path("/c"),
        config_profile="P",
        project_id="project",
        compartment_id="compartment",
        training_id="notebook",
        model_version_set_id="set",
        model_version_set_name="churn",
        model_version_set_compartment_id="elsewhere",
        metadata_value_limit=255,
        resource_principal_token="token",
        resource_principal_key="/key.pem",
    )
    assert from_environ(environ) == expected
    defaults = Settings(home=Path("/other"))
    assert all(getattr(expected, field.name) != getattr(defaults, field.name) for field in dataclasses.fields(Settings))


def test_a_profile_of_limits_is_the_managed_service_at_an_age() -> None:
    settings = from_environ({"MODELYARD_LIMITS": "oci-6gb"})
    assert (settings.artifact_limit, settings.upload_limit) == (6_000_000_000, 2_147_483_648)
    settings = from_environ({"MODELYARD_LIMITS": "oci-6gb", "MODELYARD_ARTIFACT_LIMIT": "7000000000"})
    assert (settings.artifact_limit, settings.upload_limit) == (7_000_000_000, 2_147_483_648)
    with pytest.raises(ConfigurationError, match=r"MODELYARD_LIMITS is 'oci'; it takes oci-console, oci-6gb"):
        from_environ({"MODELYARD_LIMITS": "oci"})


def test_the_compartment_of_the_notebook_comes_before_that_of_a_job() -> None:
    environ = {"NB_SESSION_COMPARTMENT_OCID": "notebook", "JOB_RUN_COMPARTMENT_OCID": "job"}
    assert from_environ(environ).compartment_id == "notebook"


def test_words_that_no_shell_would_read_name_their_variable() -> None:
    with pytest.raises(ConfigurationError, match="MODELYARD_CONTAINER_RUNTIME"):
        from_environ({"MODELYARD_CONTAINER_RUNTIME": "podman 'x"})


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("text", ["x", "-1", "1.5", " 1", "0x10", "²", "9" * 5000, "1_000"])
def test_a_number_that_is_none_names_its_variable(name: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        from_environ({name: text})


@pytest.mark.parametrize(("name", "text"), [("MODELYARD_PORT", "65536"), ("MODELYARD_GATEWAY_PROCESSES", "0")])
def test_a_number_outside_its_limits_says_the_limits(name: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"from \d to"):
        from_environ({name: text})


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize("text", ["x", "0", "-1", "nan", "inf", "1e999"])
def test_a_time_that_is_none_names_its_variable(name: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} is '{text}'"):
        from_environ({name: text})


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize(("text", "value"), [("1", True), ("TRUE", True), ("on", True), ("off", False), ("No", False)])
def test_flags_take_the_usual_words(name: str, text: str, value: bool) -> None:
    settings = from_environ({name: text})
    assert getattr(settings, name.removeprefix("MODELYARD_").lower()) is value


@pytest.mark.parametrize("name", FLAGS)
def test_a_flag_that_is_none_names_its_variable(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} is 'maybe'"):
        from_environ({name: "maybe"})


@pytest.mark.parametrize("text", ["slug", "slug=", "slug=relative", "=/prefix", "a b=/p", "../x=/p", "a=/p:a=/q"])
def test_packs_that_make_no_sense_are_named(text: str) -> None:
    with pytest.raises(ConfigurationError, match="MODELYARD_PACKS has"):
        from_environ({"MODELYARD_PACKS": text})


@given(st.dictionaries(st.sampled_from([*NUMBERS, *TIMES, *FLAGS]), st.text(max_size=8)))
def test_any_environment_gives_settings_or_says_what_is_wrong(environ: dict[str, str]) -> None:
    try:
        assert from_environ(environ).predict_limit > 0
    except ConfigurationError as error:
        said = error.message
    else:
        return
    assert any(name in said for name in environ)


@pytest.mark.parametrize("name", ["MODELYARD_HOME", "XDG_DATA_HOME", "HOME"])
def test_a_home_that_is_not_utf_8_is_an_error_that_says_so(name: str) -> None:
    with pytest.raises(ConfigurationError, match="MODELYARD_HOME") as raised:
        from_environ({name: os.fsdecode(b"/caf\xe9")})
    assert "not UTF-8" in raised.value.message
    assert raised.value.message.isprintable()


def test_a_home_may_have_letters_of_any_language() -> None:
    assert from_environ({"MODELYARD_HOME": "/é/日本 x"}).home == Path("/é/日本 x")


def test_sockets_of_a_home_whose_letters_have_several_bytes_have_short_paths_too() -> None:
    assert len(os.fsencode(Settings(home=Path("/" + "é" * 50)).sockets)) < 80


def test_sockets_are_in_the_home_where_their_paths_are_short_enough() -> None:
    assert Settings(home=Path("/h")).sockets == Path("/h/run/s")


def test_sockets_of_a_deep_home_have_short_paths_of_their_own() -> None:
    deep, deeper = Settings(home=Path("/h" * 60)), Settings(home=Path("/h" * 61))
    assert len(str(deep.sockets)) < 80
    assert deep.sockets != deeper.sockets
    assert deep.sockets == Settings(home=Path("/h" * 60)).sockets
