"""oracle-ads with artifacts that go by a bucket."""

from __future__ import annotations

import uuid
from typing import Any


def test_oracle_ads_sends_artifacts_by_a_bucket_and_refers_to_objects(program: Any, oci: Any, service: Any) -> None:
    namespace = oci("os", "ns", "get")
    bucket = f"models-{uuid.uuid4().hex[:8]}"
    versioned = ("--versioning", "Enabled")
    oci("os", "bucket", "create", "--name", bucket, "--compartment-id", service.compartment_id, *versioned)
    report = program("ads_buckets.py", bucket, namespace, service.compartment_id, service.project_id)
    assert report["sent"].items() <= report["came_back"].items()
    assert report["is_by_reference"] is True
    assert report["sent"].items() <= report["referred"].items()
