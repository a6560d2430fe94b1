"""Every exception of modelyard, with the status and code it has on the wire.

    ModelyardError
    ├── WireError                 has an HTTP status and an OCI error code
    │   ├── InvalidParameter … 400
    │   ├── NotAuthenticated … 401
    │   └── …
    ├── ArtifactError             an artifact that cannot be used (also a ValueError; 400 on the wire)
    └── SDK and client errors     raised on the caller's side only

The service raises a class, the client gets the same class back: :func:`modelyard.wire.faults.error_for` finds it.
"""

from __future__ import annotations

from typing import ClassVar


class ModelyardError(Exception):
    """Be the root of everything modelyard raises on purpose."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "InternalServerError"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


# ── on the wire ──────────────────────────────────────────────────────────────────────────────────────────────────────


class WireError(ModelyardError):
    """Be an error that travels as ``{"code", "message"}`` with an HTTP status."""

    is_general = True
    """Whether it stands for an unknown code with its status as well."""

    def __init__(self, message: str, *, request_id: str | None = None) -> None:
        super().__init__(message)
        self.request_id = request_id


class InvalidParameter(WireError):
    """A field, query parameter or header has a value that is not allowed."""

    status = 400
    code = "InvalidParameter"


class MissingParameter(WireError):
    """A required field, query parameter or header is missing."""

    status = 400
    code = "MissingParameter"


class CannotParseRequest(WireError):
    """The body is not what its content type says."""

    status = 400
    code = "CannotParseRequest"


class LimitExceeded(WireError):
    """A documented limit of the service would be exceeded."""

    status = 400
    code = "LimitExceeded"


class RelatedResourceNotFound(WireError):
    """A resource that the request refers to does not exist."""

    status = 400
    code = "RelatedResourceNotAuthorizedOrNotFound"


class UnmatchedContentMD5(WireError):
    """The bytes that came are not those that a checksum in the headers was made of."""

    status = 400
    code = "UnmatchedContentMD5"


class InvalidUploadPart(WireError):
    """A part that a multipart upload is to be committed with is missing, or is another one by now."""

    status = 400
    code = "InvalidUploadPart"


class NotAuthenticated(WireError):
    """The request is unsigned, stale, or its signature does not fit."""

    status = 401
    code = "NotAuthenticated"


class TunnelRefused(WireError):
    """The gateway was asked for a connection to a host that is not the service's."""

    status = 403
    code = "TunnelRefused"
    is_general = False


class NotFound(WireError):
    """No such resource."""

    status = 404
    code = "NotAuthorizedOrNotFound"


class RouteNotFound(WireError):
    """No operation has this path."""

    status = 404
    code = "NotFound"


class NamespaceNotFound(NotFound):
    """No such namespace of object storage."""

    code = "NamespaceNotFound"


class BucketNotFound(NotFound):
    """No such bucket."""

    code = "BucketNotFound"


class ObjectNotFound(NotFound):
    """No such object in the bucket."""

    code = "ObjectNotFound"


class NoSuchUpload(NotFound):
    """No such multipart upload; it was committed or aborted, or never begun."""

    code = "NoSuchUpload"


class MethodNotAllowed(WireError):
    """The path exists, with other methods: those in ``allow``, where they are known."""

    status = 405
    code = "MethodNotAllowed"
    allow: tuple[str, ...] = ()


class Conflict(WireError):
    """The resource's state rules this out for good; trying again does not help."""

    status = 409
    code = "Conflict"


class BucketAlreadyExists(Conflict):
    """A bucket has this name."""

    code = "BucketAlreadyExists"


class BucketNotEmpty(Conflict):
    """The bucket has objects or uploads and cannot be deleted."""

    code = "BucketNotEmpty"


class IncorrectState(WireError):
    """The resource's state rules this out for now; clients try again by themselves."""

    status = 409
    code = "IncorrectState"


class InvalidatedRetryToken(WireError):
    """The retry token was used for another request."""

    status = 409
    code = "InvalidatedRetryToken"


class LengthRequired(WireError):
    """The request has a body and no content-length."""

    status = 411
    code = "LengthRequired"


class EtagMismatch(WireError):
    """The resource was changed since the caller read it."""

    status = 412
    code = "NoEtagMatch"


class IfMatchFailed(EtagMismatch):
    """The object is not the one that ``if-match`` names."""

    code = "IfMatchFailed"


class IfNoneMatchFailed(EtagMismatch):
    """The object is there, and ``if-none-match`` forbids it."""

    code = "IfNoneMatchFailed"


class RequestTimeout(WireError):
    """The rest of a request did not come in time."""

    status = 408
    code = "RequestTimeout"


class PayloadTooLarge(WireError):
    """The body is over the limit."""

    status = 413
    code = "PayloadTooLarge"


class RangeNotSatisfiable(WireError):
    """The range begins behind the end of the content."""

    status = 416
    code = "InvalidRange"


class TooManyRequests(WireError):
    """More requests than the endpoint is allowed to take."""

    status = 429
    code = "TooManyRequests"


class InternalServerError(WireError):
    """Something the service did not expect; its log has the rest."""

    status = 500
    code = "InternalServerError"


class PredictionFailed(WireError):
    """The model's own code raised while it predicted."""

    status = 500
    code = "PredictionFailed"


class MethodNotImplemented(WireError):
    """The wire has this operation, this version of modelyard has not."""

    status = 501
    code = "MethodNotImplemented"


class ServiceUnavailable(WireError):
    """Nobody is there to answer right now; clients try again by themselves."""

    status = 503
    code = "ServiceUnavailable"


class WorkerEnded(ServiceUnavailable):
    """The worker that held a request ended over it. Who sends it again and again may end them all."""

    is_general = False


class TunnelFailed(WireError):
    """The host that the gateway was asked to connect to cannot be reached."""

    status = 502
    code = "TunnelFailed"
    is_general = False


class GatewayTimeout(WireError):
    """The model did not answer in time."""

    status = 504
    code = "GatewayTimeout"


class InsufficientStorage(WireError):
    """The disk is full; nothing was kept of the request."""

    status = 507
    code = "InsufficientStorage"


# ── artifacts ────────────────────────────────────────────────────────────────────────────────────────────────────────


class ArtifactError(ModelyardError, ValueError):
    """An artifact, or a file in it, that cannot be used as it is."""

    status = 400
    code = "InvalidParameter"


class ArtifactLayoutError(ArtifactError):
    """score.py or another required file is not at the artifact's top."""


class ScorePyError(ArtifactError):
    """score.py has a syntax error or lacks load_model or predict(data)."""


class RuntimeYamlError(ArtifactError):
    """runtime.yaml is malformed or says something that is not allowed."""


class UnsafeArchiveError(ArtifactError):
    """An archive that would write outside its folder, or is not what its headers say."""


class EnvironmentNotFound(ArtifactError):
    """The environment that runtime.yaml names is not on this machine."""


class FileAlreadyExists(ArtifactError, FileExistsError):
    """A file is in the way and ``force_overwrite`` was not given."""


# ── deployments ──────────────────────────────────────────────────────────────────────────────────────────────────────


class ModelLoadError(ModelyardError):
    """The model did not load: its own traceback is the message."""

    code = "ModelLoadFailed"


class WorkRequestFailed(ModelyardError):
    """An asynchronous operation ended in FAILED; the message is what its errors say."""

    code = "WorkRequestFailed"


class WaitTimeout(ModelyardError, TimeoutError):
    """An operation did not end in the time the caller gave it; it goes on without the caller."""

    code = "WaitTimeout"


# ── the caller's side ────────────────────────────────────────────────────────────────────────────────────────────────


class ConfigurationError(ModelyardError):
    """A setting, profile or key file is missing or makes no sense."""

    code = "ConfigurationError"


class ServiceUnreachable(ModelyardError, ConnectionError):
    """Nobody answers at the endpoint."""

    code = "ServiceUnreachable"


class AlreadyRunning(ModelyardError):
    """Another supervisor runs in this home."""

    code = "AlreadyRunning"


class StartFailed(ModelyardError):
    """A process of the service did not come up; the message ends with the tail of its log."""

    code = "StartFailed"


class StopFailed(ModelyardError):
    """A process of the service does not stop."""

    code = "StopFailed"


class UsageError(ModelyardError, ValueError):
    """An argument that cannot be honoured."""

    code = "UsageError"


class ChangesNotCommitted(ModelyardError):
    """The training script or the artifact's folder differs from what git has committed."""

    code = "ChangesNotCommitted"


class MissingDependency(ModelyardError, ImportError):
    """A package that this call needs is not installed."""

    code = "MissingDependency"
