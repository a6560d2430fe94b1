"""Files in a bucket through ocifs and pandas."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import fsspec
import pandas as pd

bucket, namespace = sys.argv[2:]
root = f"oci://{bucket}@{namespace}"
files = fsspec.filesystem("oci", config=os.environ["OCI_CONFIG_FILE"])

with files.open(f"{root}/folder/hello.txt", "wb") as file:
    file.write(b"hello")
large = os.urandom(12 * 1024 * 1024)
with files.open(f"{root}/folder/large.bin", "wb") as file:
    file.write(large)
frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
frame.to_csv(f"{root}/frame.csv", index=False, storage_options={"config": os.environ["OCI_CONFIG_FILE"]})
read = pd.read_csv(f"{root}/frame.csv", storage_options={"config": os.environ["OCI_CONFIG_FILE"]})
with files.open(f"{root}/folder/large.bin", "rb") as file:
    file.seek(5_000_000)
    middle = file.read(1000)

report = {
    "hello": files.cat(f"{root}/folder/hello.txt").decode(),
    "frame": read.to_dict("list"),
    "middle": middle == large[5_000_000:5_001_000],
    "listed": sorted(Path(name).name for name in files.ls(f"{root}/folder")),
    "size": files.info(f"{root}/folder/large.bin")["size"],
}
files.rm(f"{root}/folder", recursive=True)
report["left"] = files.exists(f"{root}/folder/hello.txt")
Path(sys.argv[1]).write_text(json.dumps(report))
