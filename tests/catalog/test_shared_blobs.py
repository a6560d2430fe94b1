"""Bytes that a model and an object have in common stay as long as either has them."""

from __future__ import annotations

from modelyard.objectstore.conditions import Conditions
from modelyard.objectstore.objects import Place, Put
from modelyard.objectstore.service import Home, object_storage
from modelyard.objectstore.store import Headers
from modelyard.resources.object_storage import CreateBucketDetails

DATA = b"the same bytes"


def test_the_bytes_of_a_deleted_model_stay_for_an_object_and_the_other_way_round(yard) -> None:
    home = Home(tenancy_id="t", compartment_id="c", region="r", endpoint="http://yard.test")
    storage = object_storage(yard.database, yard.blobs, home=home, clock=lambda: yard.now)
    namespace = storage.buckets.namespace
    storage.buckets.create(namespace, CreateBucketDetails(name="b", compartment_id="c"), caller="user")
    put = Put(place=Place(namespace, "b", "x"), headers=Headers(), conditions=Conditions(), announced={})
    for model_goes_first in (True, False):
        model_id = yard.model().noun.id
        yard.upload(model_id, DATA)
        receiving = storage.objects.begin(put)
        receiving.take(DATA)
        stored = storage.objects.complete(put, receiving)
        assert len(yard.blob_files) == 1
        yard.artifacts.sweep()
        if model_goes_first:
            yard.catalog.models.delete(model_id, if_match=None)
            assert b"".join(storage.objects.read(stored, start=0, stop=stored.size)) == DATA
            storage.objects.delete(put.place, if_match=None)
        else:
            storage.objects.delete(put.place, if_match=None)
            assert yard.download(model_id) == DATA
            yard.catalog.models.delete(model_id, if_match=None)
        assert yard.blob_files == []
