"""What to do about an error: one table from its class to a sentence."""

from __future__ import annotations

from modelyard import errors

ADVICE: dict[type[BaseException], str] = {
    # the machine and what is configured
    errors.ServiceUnreachable: "`modelyard up --detach` starts the service; `modelyard status` tells how it stands.",
    errors.ConfigurationError: "Correct or unset what is named; `modelyard env` prints those of a service here.",
    errors.AlreadyRunning: "`modelyard status` shows it, `modelyard down` stops it.",
    errors.StartFailed: "Mend that, then run `modelyard up` again; the logs are in the home's folder `logs`.",
    errors.StopFailed: "`modelyard status` shows what still runs.",
    errors.MissingDependency: "Install it into the environment of this command: pip install 'modelyard[server]'.",
    errors.UsageError: "Run the command again with --help: it shows what it takes, with an example.",
    # the wire
    errors.NotAuthenticated: 'Take this machine\'s profile with eval "$(modelyard env)", and check the clock.',
    errors.NotFound: "The `list` of its kind shows what there is: `modelyard model list`, for one.",
    errors.RelatedResourceNotFound: "The `list` of its kind shows what there is: `modelyard model list`, for one.",
    errors.RouteNotFound: "The service may be older than this command: `modelyard down`, then `modelyard up`.",
    errors.MethodNotImplemented: "The service may be older than this command: `modelyard down`, then `modelyard up`.",
    errors.MethodNotAllowed: "The service may be older than this command: `modelyard down`, then `modelyard up`.",
    errors.InvalidParameter: "Correct the value and run the command again.",
    errors.MissingParameter: "Give the value and run the command again.",
    errors.CannotParseRequest: "Send JSON: quote it for the shell, or put it into a file and give @FILE.",
    errors.LimitExceeded: "Delete what is no longer needed, or ask for less.",
    errors.IncorrectState: "It is busy and will not be for long: try again when its `show` says ACTIVE.",
    errors.Conflict: "Its state, or what uses it, rules this out: `show` tells more.",
    errors.EtagMismatch: "Somebody changed it meanwhile: look at it with `show`, then try again.",
    errors.PayloadTooLarge: "Send less at once, or raise MODELYARD_PREDICT_LIMIT or MODELYARD_ARTIFACT_LIMIT.",
    errors.TooManyRequests: "Wait a little, or give the deployment more instances.",
    errors.PredictionFailed: "Mend the data, or predict() in score.py; `modelyard deployment logs` has its output.",
    errors.ServiceUnavailable: "`modelyard status` shows what is missing; try again when it is back.",
    errors.GatewayTimeout: "The model took too long: give it less at once, or raise MODELYARD_PREDICT_TIMEOUT.",
    errors.InsufficientStorage: "Free some disk space (`modelyard status` shows what is used), then try again.",
    errors.WireError: "The service's log has the rest: logs/service.log in the home that `modelyard status` names.",
    # artifacts
    errors.FileAlreadyExists: "Name another file, or remove the one that is there.",
    errors.EnvironmentNotFound: "Prepare the artifact again here, or correct INFERENCE_ENV_PATH in runtime.yaml.",
    errors.UnsafeArchiveError: "Give a folder with score.py at its top, or a zip or tar of what is in one.",
    errors.ArtifactError: "`modelyard artifact introspect` tells all that is wrong with it.",
    # deployments
    errors.ModelLoadError: "Mend load_model() in score.py, then try it with `modelyard artifact run`.",
    errors.WorkRequestFailed: "`modelyard work-request list` and `modelyard deployment logs` have more.",
    errors.WaitTimeout: "It goes on without you: `modelyard work-request list` shows how far it is.",
    errors.ModelyardError: "Run it again with --debug to see where it comes from.",
    # the operating system
    FileNotFoundError: "Check the path.",
    PermissionError: "Check who owns it, and whether you may read and write it.",
    OSError: "Check the disk and the path.",
}

_BUG = "This should not happen: run it again with --debug and report what it prints."


def advice(error: BaseException) -> str:
    """Return what to do about an error: the sentence for its class, or for the nearest one above it."""
    for cls in type(error).__mro__:
        if cls in ADVICE:
            return ADVICE[cls]
    return _BUG


def describe(error: BaseException) -> str:
    """Return what was wrong, in the error's own words."""
    if isinstance(error, errors.ModelyardError):
        message = error.message.rstrip()
        if message.startswith("Traceback "):
            message = f"{message.splitlines()[-1]}\n{message}"
        request = error.request_id if isinstance(error, errors.WireError) else None
        return f"{message} (request {request})" if request else message
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"{type(error).__name__}: {error}"
