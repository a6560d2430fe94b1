"""Where files are: on this machine, in buckets of the service, or wherever fsspec reaches."""

from __future__ import annotations

import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol, cast

from modelyard.artifact.member_names import check_name
from modelyard.errors import FileAlreadyExists, MissingDependency, NotFound, UsageError
from modelyard.model.failures import PathNotFoundError

if TYPE_CHECKING:
    from modelyard.client.object_storage import ObjectName, ObjectStorage
    from modelyard.client.profile import Auth
    from modelyard.client.transport import Transport

Progress = Callable[[int, int], None]
"""Is told how many bytes are done, and of how many."""

_PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs", "http": "aiohttp"}


class Place(ABC):
    """Be a file, or a folder of files, somewhere.

    Args:
        uri: Its address.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri

    @abstractmethod
    def read(self) -> bytes:
        """Return the bytes of the file; raise FileNotFoundError where there is none."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Write the file; one that is there is replaced."""

    @abstractmethod
    def exists(self) -> bool:
        """Tell whether there is such a file."""

    @abstractmethod
    def files(self) -> list[str]:
        """Return the names of the files in the folder and below it, parted by slashes, sorted."""

    @abstractmethod
    def below(self, name: str) -> Place:
        """Return a file of the folder."""

    @abstractmethod
    def fetch(self, file: Path, *, progress: Progress | None = None) -> None:
        """Write the file to one of this machine."""

    @abstractmethod
    def send(self, file: Path, *, threads: int = 4, progress: Progress | None = None) -> None:
        """Write a file of this machine there; one that is there is replaced."""

    @abstractmethod
    def delete(self) -> None:
        """Delete the file."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.uri!r})"


def place_of(
    uri: str,
    *,
    auth: Auth | None = None,
    transport: Transport | None = None,
    storage_options: dict[str, object] | None = None,
) -> Place:
    """Return the place of an address: a path, ``file://``, ``oci://bucket@namespace/name``, or one of fsspec's.

    Args:
        uri: The address.
        auth: Who talks to the service, for ``oci://``.
        transport: The same, where there is one already.
        storage_options: Given to fsspec, for other addresses.

    Raises:
        MissingDependency: Nothing installed here reaches such addresses.
    """
    if not uri:
        raise UsageError("The address of the file is empty.")
    if "://" not in uri or uri.startswith("file://"):
        return LocalPlace(uri)
    if uri.startswith("oci://"):
        return BucketPlace(uri, lambda: transport or _connected(auth))
    return RemotePlace(uri, storage_options or {})


def is_local(uri: str) -> bool:
    """Tell whether an address is one of this machine."""
    return "://" not in uri or uri.startswith("file://")


def local_path(uri: str) -> Path:
    """Return the path of an address of this machine."""
    return Path(uri.removeprefix("file://")).expanduser()


class LocalPlace(Place):
    """Be a place on this machine."""

    @property
    def path(self) -> Path:
        """The path."""
        return local_path(self.uri)

    def read(self) -> bytes:
        """Return the bytes of the file; raise FileNotFoundError where there is none."""
        return self.path.read_bytes()

    def write(self, data: bytes) -> None:
        """Write the file; one that is there is replaced."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(data)

    def exists(self) -> bool:
        """Tell whether there is such a file."""
        return self.path.is_file()

    def files(self) -> list[str]:
        """Return the names of the files in the folder and below it, parted by slashes, sorted."""
        found = (path for path in self.path.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.path).as_posix() for path in found)

    def below(self, name: str) -> LocalPlace:
        """Return a file of the folder."""
        return LocalPlace(str(self.path / name))

    def fetch(self, file: Path, *, progress: Progress | None = None) -> None:
        """Write the file to another one of this machine."""
        _copied(self.path, file, progress)

    def send(self, file: Path, *, threads: int = 4, progress: Progress | None = None) -> None:  # noqa: ARG002
        """Write another file of this machine there; one that is there is replaced."""
        _copied(file, self.path, progress)

    def delete(self) -> None:
        """Delete the file."""
        self.path.unlink()


class BucketPlace(Place):
    """Be a place in a bucket of the service.

    Args:
        uri: ``oci://bucket@namespace/name``; without a namespace, the one of the caller's tenancy.
        connect: Returns what sends requests; called at the first one.
    """

    def __init__(self, uri: str, connect: Callable[[], Transport]) -> None:
        super().__init__(uri)
        self._connect = connect
        self._bucket, self._name = _parted(uri)

    @cached_property
    def object(self) -> ObjectName:
        """The object, or what the names of those below it begin with."""
        from modelyard.client.object_storage import ObjectName, namespace_of

        bucket, _, namespace = self._bucket.partition("@")
        return ObjectName(namespace or namespace_of(self._transport), bucket, self._name)

    @cached_property
    def storage(self) -> ObjectStorage:
        """Who talks to the object storage."""
        from modelyard.client.object_storage import ObjectStorage

        return ObjectStorage(self._transport)

    @cached_property
    def _transport(self) -> Transport:
        return self._connect()

    def read(self) -> bytes:
        """Return the bytes of the object; raise FileNotFoundError where there is none."""
        try:
            return self.storage.read_object(self.object)
        except NotFound as error:
            raise PathNotFoundError(f"There is no {self.uri}: {error}") from error

    def write(self, data: bytes) -> None:
        """Write the object; one that is there is replaced."""
        self.storage.write_object(self.object, data)

    def exists(self) -> bool:
        """Tell whether there is such an object."""
        return bool(self._name) and self.storage.exists(self.object)

    def files(self) -> list[str]:
        """Return the names of the objects below this one, parted by slashes, sorted."""
        prefix = self._folder.object
        names = (each.name.removeprefix(prefix.name) for each in self.storage.list_objects(prefix))
        return sorted(name for name in names if name and not name.endswith("/"))

    def below(self, name: str) -> BucketPlace:
        """Return an object below this one."""
        folder = f"{self._name.rstrip('/')}/" if self._name else ""
        return BucketPlace(f"oci://{self._bucket}/{folder}{name}", lambda: self._transport)

    def fetch(self, file: Path, *, progress: Progress | None = None) -> None:
        """Write the object to a file of this machine."""
        try:
            self.storage.download(self.object, file, progress=progress)
        except NotFound as error:
            raise PathNotFoundError(f"There is no {self.uri}: {error}") from error

    def send(self, file: Path, *, threads: int = 4, progress: Progress | None = None) -> None:
        """Make the object what a file of this machine is; one that is there is replaced."""
        self.storage.upload(self.object, file, threads=threads, progress=progress)

    def delete(self) -> None:
        """Delete the object."""
        self.storage.delete_object(self.object)

    @property
    def _folder(self) -> BucketPlace:
        return self.below("") if self._name else self


class _FileSystem(Protocol):
    """Be what is used of fsspec's file systems."""

    def cat_file(self, path: str) -> bytes: ...
    def pipe_file(self, path: str, value: bytes) -> object: ...
    def isfile(self, path: str) -> bool: ...
    def find(self, path: str) -> list[str]: ...
    def get_file(self, rpath: str, lpath: str) -> object: ...
    def put_file(self, lpath: str, rpath: str) -> object: ...
    def rm_file(self, path: str) -> object: ...


class RemotePlace(Place):
    """Be a place that fsspec reaches.

    Args:
        uri: Its address, such as ``s3://bucket/name``.
        options: Given to fsspec.
    """

    def __init__(self, uri: str, options: dict[str, object]) -> None:
        super().__init__(uri)
        self._options = options

    @cached_property
    def _found(self) -> tuple[_FileSystem, str]:
        scheme = self.uri.partition("://")[0]
        needed = f"fsspec and {_PACKAGES.get(scheme, 'the package that fsspec names for it')}"
        try:
            import fsspec

            system, path = fsspec.core.url_to_fs(self.uri, **self._options)
        except (ImportError, ValueError) as error:
            raise MissingDependency(f"{self.uri} cannot be reached: install {needed} ({error}).") from error
        return cast("_FileSystem", system), str(path)

    def read(self) -> bytes:
        """Return the bytes of the file; raise FileNotFoundError where there is none."""
        system, path = self._found
        return system.cat_file(path)

    def write(self, data: bytes) -> None:
        """Write the file; one that is there is replaced."""
        system, path = self._found
        system.pipe_file(path, data)

    def exists(self) -> bool:
        """Tell whether there is such a file."""
        system, path = self._found
        return system.isfile(path)

    def files(self) -> list[str]:
        """Return the names of the files in the folder and below it, parted by slashes, sorted."""
        system, path = self._found
        root = path.rstrip("/") + "/"
        return sorted(name.removeprefix(root) for name in system.find(path) if name.startswith(root))

    def below(self, name: str) -> RemotePlace:
        """Return a file of the folder."""
        return RemotePlace(f"{self.uri.rstrip('/')}/{name}", self._options)

    def fetch(self, file: Path, *, progress: Progress | None = None) -> None:
        """Write the file to one of this machine."""
        system, path = self._found
        file.parent.mkdir(parents=True, exist_ok=True)
        system.get_file(path, str(file))
        _told(file, progress)

    def send(self, file: Path, *, threads: int = 4, progress: Progress | None = None) -> None:  # noqa: ARG002
        """Write a file of this machine there; one that is there is replaced."""
        system, path = self._found
        system.put_file(str(file), path)
        _told(file, progress)

    def delete(self) -> None:
        """Delete the file."""
        system, path = self._found
        system.rm_file(path)


def check_writable(place: Place, *, overwrite: bool) -> None:
    """Raise FileAlreadyExists where a file is there that is not to be replaced."""
    if not overwrite and place.exists():
        raise FileAlreadyExists(f"{place.uri} is there already: allow it to be overwritten, or name another place.")


@contextmanager
def fetched(place: Place, *, progress: Progress | None = None) -> Iterator[Path]:
    """Give a file or folder of this machine with what is at a place; a copy goes when the block ends.

    Raises:
        FileNotFoundError: There is nothing.
    """
    if isinstance(place, LocalPlace):
        yield place.path
        return
    with tempfile.TemporaryDirectory(prefix="modelyard-fetch-") as scratch:
        folder = Path(scratch)
        if place.exists():
            file = folder / (PurePosixPath(place.uri).name or "file")
            place.fetch(file, progress=progress)
            yield file
            return
        fetch_folder(place, folder / "files")
        yield folder / "files"


def fetch_folder(place: Place, folder: Path) -> None:
    """Write the files below a place into a folder of this machine.

    Raises:
        FileNotFoundError: There are none.
        UnsafeArchiveError: One has a name that would not stay in the folder.
    """
    names = place.files()
    if not names:
        raise PathNotFoundError(f"There is no file at or below {place.uri}.")
    for name in names:
        check_name(name)
        place.below(name).fetch(folder / name)


def _connected(auth: Auth | None) -> Transport:
    from modelyard.client.connecting import connect

    return connect(auth=auth).transport


def _parted(uri: str) -> tuple[str, str]:
    bucket, _, name = uri.removeprefix("oci://").partition("/")
    if not bucket.partition("@")[0]:
        raise UsageError(f"{uri!r} names no bucket: write oci://bucket@namespace/name.")
    return bucket, name


def _copied(source: Path, target: Path, progress: Progress | None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    _told(target, progress)


def _told(file: Path, progress: Progress | None) -> None:
    if progress is not None:
        size = file.stat().st_size
        progress(size, size)
