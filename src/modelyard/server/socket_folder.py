"""The folder of a home's Unix sockets, where that is not in the home: whose it is, and when it goes.

Beside a home with a long path it stands in a place that all share. A link in it says which home is meant, and whoever
makes, uses or removes it holds its lock meanwhile, so that nobody removes what another is about to use.
"""

from __future__ import annotations

import fcntl
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from modelyard.server.whole_file import make_own
from modelyard.settings import Settings

_HOME = "home"


@contextmanager
def held(settings: Settings) -> Iterator[None]:
    """Have the folder, which nobody removes meanwhile.

    Raises:
        ConfigurationError: It cannot be made, or somebody else has it.
    """
    folder = settings.sockets
    if _is_in_the_home(settings):
        make_own(folder)
        yield
        return
    descriptor = _take(folder)
    try:
        with suppress(FileExistsError):
            (folder / _HOME).symlink_to(settings.home)
        yield
    finally:
        os.close(descriptor)


def remove(settings: Settings) -> None:
    """Remove the folder where it is not in the home, and neither a supervisor nor a socket in it is in use."""
    if not _is_in_the_home(settings):
        _remove(settings.sockets, home=None)


def sweep(settings: Settings) -> None:
    """Remove the folders of this user's homes that are gone, where none of their processes goes on."""
    if _is_in_the_home(settings):
        return
    for folder in settings.sockets.parent.glob(f"modelyard-{os.getuid()}-*"):
        with suppress(OSError):  # no folder of ours, or just gone
            _remove(folder, home=(folder / _HOME).readlink())


def _is_in_the_home(settings: Settings) -> bool:
    return settings.home in settings.sockets.parents


def _take(folder: Path) -> int:
    while True:
        make_own(folder)
        with suppress(FileNotFoundError):
            descriptor = _open(folder)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            if _is_same(descriptor, folder):
                return descriptor
            os.close(descriptor)  # somebody removed it when we had not yet locked it


def _remove(folder: Path, *, home: Path | None) -> None:
    """Remove a folder that nobody uses; one of a home that is given is left where that is there."""
    with suppress(OSError):  # there is none, or it is in use, or it is not ours to remove
        descriptor = _open(folder)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if home is None or _is_gone(home):
                _remove_unused(folder)
        finally:
            os.close(descriptor)


def _remove_unused(folder: Path) -> None:
    left = list(folder.iterdir())
    if all(path.name == _HOME or _is_dead_socket(path) for path in left):
        for path in left:
            path.unlink(missing_ok=True)
        folder.rmdir()


def _open(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def _is_same(descriptor: int, folder: Path) -> bool:
    return os.path.samestat(os.fstat(descriptor), folder.stat())


def _is_gone(home: Path) -> bool:
    try:
        home.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    return False


def _is_dead_socket(path: Path) -> bool:
    """Tell whether a path is a socket at which nobody listens."""
    if not stat.S_ISSOCK(path.lstat().st_mode):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.setblocking(False)
        try:
            asking.connect(str(path))
        except ConnectionRefusedError:
            return True
        except OSError:  # one with a full backlog, say
            return False
    return False
