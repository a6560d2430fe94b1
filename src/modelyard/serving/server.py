"""A replica's main process, started by path with the model's own interpreter: ``PYTHON server.py SPEC.json``."""

from __future__ import annotations

import os
import sys
from typing import List, NoReturn

_FOLDER = os.path.dirname(os.path.abspath(__file__))

if not __package__:
    # Run by path: no modelyard need be installed here, and the artifact's own modules must be free to be called
    # `worker` or `state`. So this folder becomes a package, under a name that nobody else has.
    import importlib.util as _imports

    __package__ = "_modelyard_replica"
    _spec = _imports.spec_from_file_location(
        __package__, os.path.join(_FOLDER, "__init__.py"), submodule_search_locations=[_FOLDER]
    )
    assert _spec is not None
    assert _spec.loader is not None
    sys.modules[__package__] = _imports.module_from_spec(_spec)
    _spec.loader.exec_module(sys.modules[__package__])

from .loading import prepare_process  # noqa: E402
from .replica import Replica  # noqa: E402
from .sharing import wants_sharing  # noqa: E402
from .spec import read_spec  # noqa: E402

_EACH_LOADS = "--each-loads"


def main(arguments: List[str]) -> NoReturn:
    """Run a replica until it is told to stop."""
    spec = read_spec(arguments[0])
    if _EACH_LOADS in arguments or not wants_sharing(spec.artifact_dir):
        spec = spec._replace(share_memory=False)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # what a model prints is in its log at once
    again = [sys.executable, "-X", "faulthandler", os.path.join(_FOLDER, "server.py"), os.path.abspath(arguments[0])]
    replica = Replica(spec, start_over=lambda: os.execv(sys.executable, [*again, _EACH_LOADS]))
    if spec.container is None:
        prepare_process(spec.artifact_dir, _FOLDER)
    replica.run()


if __name__ == "__main__":
    main(sys.argv[1:])
