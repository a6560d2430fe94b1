"""The artifact of a model by reference: which objects of object storage the model is."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from modelyard.resources.noun import Identifier, Noun


class DescribedObject(Noun, frozen=True, kw_only=True):
    """Be an object: its name in the bucket, which version of it, and its size in bytes."""

    name: Annotated[str, msgspec.Meta(min_length=1)]
    version: Annotated[str, msgspec.Meta(min_length=1)]
    size_in_bytes: Annotated[int, msgspec.Meta(ge=0)]


class DescribedModel(Noun, frozen=True, kw_only=True):
    """Be the objects below a prefix of a bucket."""

    namespace: Identifier
    bucket_name: Identifier
    prefix: str
    objects: Annotated[list[DescribedObject], msgspec.Meta(min_length=1)]


class ModelDescription(Noun, frozen=True, kw_only=True):
    """Be the description of a model by reference."""

    version: Literal["1.0"]
    type: Literal["modelOSSReferenceDescription"]
    models: Annotated[list[DescribedModel], msgspec.Meta(min_length=1)]
