"""Artifacts that somebody made already, into a folder of their own: nothing goes before its replacement is whole."""

from __future__ import annotations

import ast
import json
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelyard.artifact import layout
from modelyard.artifact.schema import Attribute, Schema
from modelyard.artifact.unpack import put_in_place, put_over, unpack, unpack_over
from modelyard.errors import FileAlreadyExists, UsageError
from modelyard.model.bucket_writes import taken_back_on_failure
from modelyard.model.failures import PathNotFoundError
from modelyard.model.places import LocalPlace, Place, check_writable
from modelyard.model.progress import Reporter

if TYPE_CHECKING:
    from modelyard.client.data_science import DataScienceClient


def fresh_folder() -> Path:
    """Return a new folder that nothing else uses."""
    return Path(tempfile.mkdtemp(prefix="modelyard-artifact-"))


def check_free(folder: Path, *, force_overwrite: bool) -> None:
    """Raise FileAlreadyExists where a folder holds something, and it was not to be written over."""
    if not force_overwrite and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileAlreadyExists(
            f"{folder} is there already and is not empty: pass force_overwrite=True to replace what is there, or "
            "another artifact_dir."
        )


def load_artifact(uri: str, folder: Path, *, force_overwrite: bool) -> None:
    """Put a folder's or an archive's content into a folder; a single folder around it is taken off.

    Args:
        uri: A folder, or a zip, tar, tar.gz, tar.bz2 or tar.xz, on this machine.
        folder: Where it goes; the folder itself where it is there already.
        force_overwrite: Whether what is in the folder may be replaced.

    Raises:
        UsageError: There is nothing at the uri, or it is elsewhere.
        FileAlreadyExists: The folder holds something. Nothing was touched.
        UnsafeArchiveError: The archive would write outside of the folder. Nothing was touched.
    """
    source = Path(uri.removeprefix("file://")).expanduser()
    if not source.exists():
        raise PathNotFoundError(f"There is no folder or archive {source}.")
    if source.is_dir() and folder.exists() and source.samefile(folder):
        return
    check_free(folder, force_overwrite=force_overwrite)
    if source.is_file():
        unpack_into(source, folder, force_overwrite=force_overwrite)
        return
    if folder.resolve().is_relative_to(source.resolve()):
        raise UsageError(f"{folder} is inside {source}, which is to be copied into it: name another artifact_dir.")
    partial = _beside(folder)
    try:
        shutil.copytree(layout.nested_folder(source) or source, partial, symlinks=False)
        _replace(folder, partial)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def unpack_into(source: Path, folder: Path, *, force_overwrite: bool) -> None:
    """Unpack an archive; a single folder around its content is taken off."""
    (unpack_over if force_overwrite else unpack)(source, folder)
    nested = layout.nested_folder(folder)
    if nested is None:
        return
    partial = _beside(folder)
    nested.rename(partial)
    _replace(folder, partial)


def download(
    client: DataScienceClient, model_id: str, folder: Path, *, force_overwrite: bool, reporter: Reporter
) -> None:
    """Put a model's artifact from the catalog into a folder; what was there goes when the new is whole.

    What arrived of a large one before an interruption is kept beside the folder, and taken up by the next call.
    """
    from modelyard.client.artifact_download import download_folder

    check_free(folder, force_overwrite=force_overwrite)
    reporter.step("downloading")
    put = put_over if force_overwrite else put_in_place
    if download_folder(client, model_id, folder, put=put, progress=reporter.amount):
        return
    with tempfile.TemporaryDirectory(prefix="modelyard-load-") as scratch:
        file = Path(scratch) / "artifact"
        client.get_model_artifact_content(model_id, file, progress=reporter.amount)
        reporter.step("unpacking")
        unpack_into(file, folder, force_overwrite=force_overwrite)


def _beside(folder: Path) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder.with_name(f".{folder.name}.{secrets.token_hex(6)}.new")


def _replace(folder: Path, new: Path) -> None:
    old = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}.old")
    if folder.exists():
        folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def schema_of(text: str | None) -> Schema:
    """Return the schema that a file or the catalog holds as text; an empty one where there is none."""
    if not text:
        return Schema()
    try:
        rows = _said(text).get("schema") or []
        return Schema(tuple(_attribute(row, place) for place, row in enumerate(rows)))
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise UsageError(
            f"The schema cannot be read ({error!r}); it begins {text[:80]!r}. It takes JSON or YAML with a list "
            "`schema`, whose rows have a name each."
        ) from None


def _said(text: str) -> Any:
    """Return what a schema's text says, which is JSON, or YAML, with keys in small letters or in capitals."""
    import yaml

    try:
        said = json.loads(text)
    except ValueError:
        try:
            said = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ValueError(str(error)) from None
    return _small(said)


def _small(said: Any) -> Any:
    """Return what was said with all keys in small letters."""
    if isinstance(said, list):
        return [_small(each) for each in said]
    if isinstance(said, dict):
        return {str(key).lower(): _small(each) for key, each in said.items()}
    return said


def read_schema(folder: Path, name: str) -> Schema:
    """Return the schema in one of an artifact's files; an empty one where there is no such file."""
    file = folder / name
    return schema_of(file.read_text("utf-8")) if file.is_file() else Schema()


def _attribute(row: dict[str, object], place: int) -> Attribute:
    domain = row.get("domain")
    said = domain if isinstance(domain, dict) else {}
    name, order = row["name"], row.get("order", place)
    return Attribute(
        name=name if isinstance(name, int) else str(name),
        dtype=str(row.get("dtype", "")),
        feature_type=str(row.get("feature_type", "")),
        order=order if isinstance(order, int) else place,
        required=bool(row.get("required")),
        description=str(row.get("description", name)),
        stats=said.get("stats") or {},
        constraints=tuple(each["expression"] for each in said.get("constraints") or []),
    )


def model_file_of(folder: Path) -> str | None:
    """Return the name of the model's file as score.py gives it, read and not run; None where it gives none."""
    file = folder / layout.SCORE_PY
    if not file.is_file():
        return None
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):  # introspection tells
        return None
    for node in tree.body:
        if (
            isinstance(node, ast.Assign)
            and any(isinstance(target, ast.Name) and target.id == "model_name" for target in node.targets)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            return node.value.value or None
    return None


def export(folder: Path, target: Place, *, force_overwrite: bool, parts: int, reporter: Reporter) -> None:
    """Write a folder as a zip to a place, here or elsewhere.

    Args:
        folder: The artifact's folder.
        target: Where the zip is to be.
        force_overwrite: Whether one that is there may be replaced.
        parts: How many parts go to a bucket at a time.
        reporter: Is told how it goes.

    Raises:
        FileAlreadyExists: There is one, and it was not to be replaced. Nothing was touched.
    """
    from modelyard.artifact.archive import pack

    is_there = target.exists()
    if is_there:
        check_writable(target, overwrite=force_overwrite)
    reporter.step("packing")
    if isinstance(target, LocalPlace):
        target.path.parent.mkdir(parents=True, exist_ok=True)
        pack(folder, target.path)
        return
    with taken_back_on_failure() as writes, tempfile.TemporaryDirectory(prefix="modelyard-export-") as scratch:
        archive = Path(scratch) / "artifact.zip"
        pack(folder, archive)
        writes.expect(target, is_there=is_there)
        reporter.step(f"uploading to {target.uri}")
        target.send(archive, threads=parts, progress=reporter.amount)
