"""Load a model: its own process settings, its own imports, its ``load_model()``."""

from __future__ import annotations

import contextlib
import faulthandler
import importlib.machinery as machinery
import importlib.util
import inspect
import os
import sys
import threading
import traceback
import types
from typing import Callable, Iterator, NamedTuple, Optional

from .answering import Answering, answers_of
from .failure import Failure, stack_of

Predict = Callable[[object], object]

#: Replicas scale by workers, not by threads inside one: more threads than processors only make the slow answers slower,
#: and GNU OpenMP's pools do not survive a fork. A deployment's own environment variables win.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class NotAnArtifact(Exception):
    """A folder whose score.py is missing or lacks what a replica calls."""

    __module__ = "builtins"  # so that its one line of traceback does not begin with our package


def prepare_process(artifact_dir: str, own_folder: str) -> None:
    """Make this process the model's: working folder, import path and threads."""
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")
    os.chdir(artifact_dir)
    sys.path[:] = [artifact_dir] + [path for path in sys.path if os.path.realpath(path or ".") != own_folder]
    sys.path_hooks.insert(0, _leave_no_bytecode(artifact_dir))
    sys.path_importer_cache.clear()


def _never() -> Optional[Failure]:
    """Tell of no end: what is in this process ends with it."""
    return None


class Loaded(NamedTuple):
    """Be a model that has been loaded: how it answers, what lets go of it again, and why it has ended, if it has."""

    answering: Answering
    unload: Callable[[], None]
    ended: Callable[[], Optional[Failure]] = _never
    unload_within: float = 5.0
    group: Optional[int] = None


def load(artifact_dir: str, model_dir: Optional[str] = None) -> Loaded:
    """Import score.py, call its load_model() and return how it answers; whatever they raise passes through.

    Args:
        artifact_dir: The folder with score.py.
        model_dir: The folder of the model, where score.py is that of a group: given to load_model().
    """
    path = os.path.join(artifact_dir, "score.py")
    if not os.path.isfile(path):
        raise NotAnArtifact("There is no score.py at the top of the artifact.")
    spec = importlib.util.spec_from_file_location("score", path, loader=_Source("score", path))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["score"] = module  # pickles and helper modules may name it
    spec.loader.exec_module(module)
    load_model, predict = getattr(module, "load_model", None), getattr(module, "predict", None)
    if not callable(load_model) or not callable(predict):
        missing = "load_model()" if not callable(load_model) else "predict(data)"
        raise NotAnArtifact("score.py has no %s." % missing)
    if model_dir is None:
        return Loaded(answers_of(_with_model(predict, load_model()), artifact_dir), _nothing)
    return _member(module, load_model(model_dir), artifact_dir)


def unload(loaded: Loaded) -> None:
    """Let go of a model, within some seconds; what its unload_model() raises is in the log and stops nobody."""
    with time_limit(loaded.unload_within, _unload_timed_out):
        try:
            loaded.unload()
        except BaseException:
            traceback.print_exc()


def _unload_timed_out(stack: str) -> None:
    sys.stderr.write("unload_model() took too long. Where it was then:\n%s" % stack)
    sys.stderr.flush()


def _member(module: types.ModuleType, model: object, artifact_dir: str) -> Loaded:
    """Return a model of a group: its predict takes the data and the model, and it is let go of by unload_model()."""
    predict, unload = module.predict, getattr(module, "unload_model", None)
    return Loaded(
        answers_of(lambda data: predict(data, model), artifact_dir),
        (lambda: unload(model)) if callable(unload) else _nothing,
    )


def _nothing() -> None:
    """Let go of nothing."""


def _with_model(predict: Callable[..., object], model: object) -> Predict:
    """Return predict as a function of the data alone: a ``model`` without a default is what load_model() returned."""
    try:
        parameter = inspect.signature(predict).parameters.get("model")
    except (TypeError, ValueError):  # written in C, say: it has no signature to read
        return predict
    if parameter is None or parameter.default is not parameter.empty:
        return predict
    return lambda data: predict(data, model=model)


class _Source(machinery.SourceFileLoader):
    """Import without writing ``__pycache__``: the artifact's folder stays as it was saved."""

    def set_data(self, *_: object, **__: object) -> None:
        return None


def _leave_no_bytecode(folder: str) -> Callable[[str], machinery.FileFinder]:
    make_finder = machinery.FileFinder.path_hook(
        (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES),
        (_Source, machinery.SOURCE_SUFFIXES),
        (machinery.SourcelessFileLoader, machinery.BYTECODE_SUFFIXES),
    )

    def hook(path: str) -> machinery.FileFinder:
        if path != folder and not path.startswith(folder + os.sep):
            raise ImportError("not in the artifact", path=path)
        return make_finder(path)  # type: ignore[return-value]

    return hook


@contextlib.contextmanager
def time_limit(seconds: float, on_timeout: Callable[[str], None]) -> Iterator[None]:
    """Call ``on_timeout`` with where the main thread is, then end the process, if the body takes too long."""
    main_thread = threading.get_ident()

    def give_up() -> None:
        frame = sys._current_frames().get(main_thread)  # noqa: SLF001 - documented, for this
        on_timeout(stack_of(frame) if frame else "")
        os._exit(1)

    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()
    # native code that never gives up the interpreter's lock would keep the timer from running
    faulthandler.dump_traceback_later(seconds + 5, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        timer.cancel()
        timer.join()  # a fork copies no threads
