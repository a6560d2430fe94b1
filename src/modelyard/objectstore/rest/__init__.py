"""The REST operations of object storage, a file for each noun."""

from __future__ import annotations

from modelyard.objectstore.rest.buckets import BucketOperations
from modelyard.objectstore.rest.objects import ObjectOperations
from modelyard.objectstore.rest.preauthenticated import PreauthenticatedOperations
from modelyard.objectstore.rest.uploads import UploadOperations
from modelyard.objectstore.rest.work_requests import WorkRequestOperations
from modelyard.objectstore.service import ObjectStorage
from modelyard.wire.operation import Operation, operations_of

BASE_PATH = ""
"""Object storage begins at the root: ``/n/…``, ``/p/…``, ``/workRequests``."""


def operations(storage: ObjectStorage) -> list[Operation]:
    """Return object storage's rows of the route table."""
    handlers = (
        BucketOperations(storage.buckets),
        ObjectOperations(storage),
        UploadOperations(storage.uploads, namespace=storage.buckets.namespace),
        PreauthenticatedOperations(storage),
        WorkRequestOperations(storage.copies),
    )
    return [row for each in handlers for row in operations_of(each, base_path=BASE_PATH)]
