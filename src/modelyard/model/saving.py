"""An artifact into the catalog: the whole of it, or nothing, or what is gone on with later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from modelyard.client.interrupted import add_to
from modelyard.errors import (
    Conflict,
    MethodNotAllowed,
    MethodNotImplemented,
    NotFound,
    RouteNotFound,
    ServiceUnreachable,
    UsageError,
    WireError,
)
from modelyard.model.new_entry import create_with, undo
from modelyard.model.notices import notice
from modelyard.model.options import SaveOptions
from modelyard.model.progress import Reporter
from modelyard.model.unfinished import Place, UnfinishedSave, UnfinishedSaves
from modelyard.resources.artifact_upload import ArtifactUpload
from modelyard.resources.model import CreateModelDetails, CreateModelProvenanceDetails

if TYPE_CHECKING:
    from modelyard.artifact.segments import Segmented
    from modelyard.client.data_science import DataScienceClient

_PASSING = frozenset({401, 408, 429})
"""What may be over the next time: a clock that is off, a service that is asked too often."""

_NO_SEGMENTS = (NotFound, RouteNotFound, MethodNotAllowed, MethodNotImplemented)
"""What a service says that knows no uploads in segments."""


@dataclass(frozen=True, kw_only=True)
class Saved:
    """Be a model in the catalog."""

    model_id: str
    digest: str | None
    """The digest of the artifact's bytes, ``sha256:…``; None where the service does not say."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Say what is to be saved."""

    source: Path
    """The artifact's folder, or an archive of it."""

    details: CreateModelDetails
    provenance: CreateModelProvenanceDetails | None = None
    is_named: bool = True
    """Whether the caller chose the name; a made-up one does not tell one save from another."""


def refuse_unsupported(options: SaveOptions) -> None:
    """Raise UsageError for options that cannot be honoured, before anything is done."""
    if options.featurestore_dataset is not None:
        raise UsageError("featurestore_dataset cannot be honoured: there is no feature store. Leave it out.")


def save_artifact(client: DataScienceClient, draft: Draft, *, saves: UnfinishedSaves, reporter: Reporter) -> Saved:
    """Put an artifact into the catalog with its entry; go on with an earlier save of the same, if one was interrupted.

    Args:
        client: Who talks to the service.
        draft: What is to be saved.
        saves: Where saves are remembered that take more than a moment.
        reporter: Is told how it goes.

    Raises:
        ArtifactError: The artifact cannot be packed, or changed meanwhile. The catalog has nothing of it.
        ServiceUnreachable: The service went away. What was sent is kept, for another call or ``--resume``.
    """
    from modelyard.client.artifact_transfer import AT_ONCE

    source = read_source(draft.source, reporter=reporter)
    if source.size <= AT_ONCE:
        return _save_at_once(client, draft, source, reporter)
    with saves.place_of(draft.source, endpoint=client.profile.endpoint) as place:
        return _Saving(client, source, place=place, reporter=reporter).run(draft)


def resume(client: DataScienceClient, save: UnfinishedSave, *, saves: UnfinishedSaves, reporter: Reporter) -> Saved:
    """Go on with a save that was interrupted, with what it was to be saved as.

    Raises:
        UsageError: Its folder or archive is no longer there.
    """
    source = Path(save.source)
    if not source.exists():
        raise UsageError(f"{source} is no longer there: `modelyard model discard {source}` drops what was sent of it.")
    draft = Draft(source=source, details=save.details, provenance=save.provenance)
    return save_artifact(client, draft, saves=saves, reporter=reporter)


def discard(client: DataScienceClient, save: UnfinishedSave, *, saves: UnfinishedSaves) -> None:
    """Drop what was made of a save that was interrupted: its entry, and the bytes that nothing else has."""
    with saves.place_of(Path(save.source), endpoint=save.endpoint) as place:
        _drop(client, save)
        place.forget()


def read_source(path: Path, *, reporter: Reporter) -> Segmented:
    """Read a folder or an archive once, for the digests of its segments.

    Raises:
        ArtifactError: It cannot be packed.
    """
    from modelyard.artifact.archive_plan import plan_archive
    from modelyard.artifact.segments import SegmentedFile

    reporter.step("reading")
    if path.is_file():
        return SegmentedFile(path)
    plan = plan_archive(path, progress=reporter.amount)
    if plan.left_out:
        names = ", ".join(each.name for each in plan.left_out[:10])
        notice(f"Left out of the artifact by .model-ignore: {names}.")
    return plan


def _save_at_once(client: DataScienceClient, draft: Draft, source: Segmented, reporter: Reporter) -> Saved:
    def give(model_id: str) -> str | None:
        return _send_whole(client, model_id, source, draft.source, reporter)

    model_id, digest = create_with(client, draft.details, draft.provenance, give, reporter=reporter)
    return Saved(model_id=model_id, digest=digest)


def _send_whole(
    client: DataScienceClient, model_id: str, source: Segmented, path: Path, reporter: Reporter
) -> str | None:
    from modelyard.client.segment_upload import send_whole

    reporter.step("uploading")
    return send_whole(client, model_id, source, file_name=_file_name(model_id, path), progress=reporter.amount)


def _file_name(model_id: str, path: Path) -> str:
    return path.name if path.is_file() else f"{model_id}.zip"


class _Saving:
    """Be one save of an artifact that takes a while: after each step what is known of it is remembered."""

    def __init__(self, client: DataScienceClient, source: Segmented, *, place: Place, reporter: Reporter) -> None:
        self._client = client
        self._source = source
        self._place = place
        self._reporter = reporter
        self._save: UnfinishedSave

    def run(self, draft: Draft) -> Saved:
        """Do what is left to do."""
        from modelyard.artifact.digests import digest_of_segments

        identity = digest_of_segments([segment.digest for segment in self._source.segments])
        earlier = self._place.find()
        if earlier is not None and _is_same(earlier, draft, identity) and self._can_go_on(earlier):
            self._save = earlier
        else:
            self._save = _begun(draft, self._source, self._client.profile.endpoint, identity, earlier)
        try:
            saved = self._finish(draft.source)
        except BaseException as error:
            self._leave(error, earlier)
            raise
        self._place.forget()
        return saved

    def _can_go_on(self, save: UnfinishedSave) -> bool:
        return save.model_id is None or _is_alive(self._client, save.model_id)

    def _finish(self, path: Path) -> Saved:
        from modelyard.client.segment_upload import is_stored, send_missing

        model_id = self._make_entry()
        try:
            upload = self._begin_upload(model_id, path)
        except Conflict:  # the answer to the last request of all may have been lost
            if is_stored(self._client, model_id, self._source):
                return Saved(model_id=model_id, digest=self._client.head_model_artifact(model_id).digest)
            raise
        self._drop_replaced()  # not before: the new upload takes over what was sent for the old one
        if upload is None:
            return Saved(model_id=model_id, digest=_send_whole(self._client, model_id, self._source, path,
                                                               self._reporter))  # fmt: skip
        missing = sum(segment.size for segment in upload.missing)
        self._reporter.step(f"uploading {missing / 1e6:.1f} of {self._source.size / 1e6:.1f} MB")
        send_missing(self._client, upload, self._source, progress=self._reporter.amount)
        return Saved(model_id=model_id, digest=self._commit(upload))

    def _drop_replaced(self) -> None:
        for model_id in self._save.replaces:
            undo(lambda: _drop_entry(self._client, model_id))  # noqa: B023 (called at once)
        if self._save.replaces:
            self._note(replaces=())

    def _commit(self, upload: ArtifactUpload) -> str | None:
        from modelyard.client.segment_upload import send_missing

        self._reporter.step("finishing")
        try:
            return self._client.commit_artifact_upload(upload.model_id, upload.id)
        except Conflict:
            upload = self._client.get_artifact_upload(upload.model_id, upload.id)
            if not upload.missing:
                raise
        # the service has lost what it had when the upload began
        send_missing(self._client, upload, self._source, progress=self._reporter.amount)
        return self._client.commit_artifact_upload(upload.model_id, upload.id)

    def _make_entry(self) -> str:
        if self._save.model_id is None:
            self._place.remember(self._save)
            self._reporter.step("creating the entry")
            model = self._client.create_model(self._save.details, retry_token=self._save.retry_token)
            self._note(model_id=model.id)
        model_id = self._save.model_id
        assert model_id is not None
        if not self._save.is_described and self._save.provenance is not None:
            try:
                self._client.create_model_provenance(model_id, self._save.provenance)
            except Conflict:  # it was sent, and nobody heard the answer
                self._client.get_model_provenance(model_id)
            self._note(is_described=True)
        return model_id

    def _begin_upload(self, model_id: str, path: Path) -> ArtifactUpload | None:
        """Return the upload; None where the service takes an artifact in one request alone."""
        from modelyard.client.segment_upload import upload_details

        if self._save.upload_id is not None:
            try:
                return self._client.get_artifact_upload(model_id, self._save.upload_id)
            except NotFound:  # it was committed, or nobody came back to it for days
                self._note(upload_id=None)
        details = upload_details(self._source, file_name=_file_name(model_id, path))
        try:
            upload = self._client.create_artifact_upload(model_id, details)
        except _NO_SEGMENTS:
            return None
        self._note(upload_id=upload.id)
        return upload

    def _note(self, **news: object) -> None:
        self._save = msgspec.structs.replace(self._save, **news)
        self._place.remember(self._save)

    def _leave(self, error: BaseException, earlier: UnfinishedSave | None) -> None:
        """Drop what another try would not go on with; else say how to go on."""
        is_stopped = not isinstance(error, Exception)
        if not _goes_by(error):
            undo(lambda: _drop(self._client, self._save))
            self._place.forget()
        elif is_stopped and self._save.upload_id is None:  # nothing was sent yet: there is nothing to go on with
            undo(self._drop_entry)
            self._go_back_to(earlier)
        elif self._place.find() is not None:
            kept = "What was sent is kept" if self._save.upload_id is not None else "The save has begun"
            add_to(error, f"{kept}: `modelyard model save --resume {self._save.source}` goes on with it.")

    def _drop_entry(self) -> None:
        """Delete the entry; its OCID, where nobody heard it, is asked for once more."""
        save = self._save
        found = save.model_id or self._client.create_model(save.details, retry_token=save.retry_token).id
        _drop_entry(self._client, found)

    def _go_back_to(self, earlier: UnfinishedSave | None) -> None:
        if earlier is None or earlier.retry_token == self._save.retry_token:
            self._place.forget()
        else:
            self._place.remember(earlier)


def _begun(
    draft: Draft, source: Segmented, endpoint: str, identity: str, earlier: UnfinishedSave | None
) -> UnfinishedSave:
    return UnfinishedSave(
        source=str(draft.source.absolute()),
        endpoint=endpoint,
        begun=datetime.now(timezone.utc),
        identity=identity,
        size=source.size,
        details=draft.details,
        provenance=draft.provenance,
        replaces=_entries_of(earlier) if earlier is not None else (),
    )


def _entries_of(save: UnfinishedSave) -> tuple[str, ...]:
    return (*save.replaces, *((save.model_id,) if save.model_id is not None else ()))


def _is_same(save: UnfinishedSave, draft: Draft, identity: str) -> bool:
    """Tell whether a save that was interrupted is the one that is wanted now."""
    wanted = draft.details
    if not draft.is_named:
        wanted = msgspec.structs.replace(wanted, display_name=save.details.display_name)
    return (save.identity, save.details) == (identity, wanted)


def _drop(client: DataScienceClient, save: UnfinishedSave) -> None:
    """Delete what was made of a save, and of those that it was to replace."""
    for model_id in _entries_of(save):
        _drop_entry(client, model_id)


def _drop_entry(client: DataScienceClient, model_id: str) -> None:
    """Delete an entry; not one that has its artifact: then all was done but heard of."""
    if not _is_alive(client, model_id):
        return
    try:
        client.head_model_artifact(model_id)
    except NotFound:
        client.delete_model(model_id)


def _is_alive(client: DataScienceClient, model_id: str) -> bool:
    try:
        return client.get_model(model_id).lifecycle_state not in {"DELETED", "DELETING"}
    except NotFound:
        return False


def _goes_by(error: BaseException) -> bool:
    """Tell whether what went wrong may be over the next time: somebody stopped it, or the service is in trouble."""
    if isinstance(error, WireError):
        return error.status >= 500 or error.status in _PASSING
    return isinstance(error, ServiceUnreachable) or not isinstance(error, Exception)
