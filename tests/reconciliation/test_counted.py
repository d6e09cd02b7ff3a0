"""Reconciliation reads every kind of document that has events: what it leaves out looks missing."""

from dataclasses import fields
from typing import get_args

from chalicelib.reconciliation.model import Document
from chalicelib.reconciliation.survey import _COUNTED
from chalicelib.store.audit import _RECORDS, _SURVEYED
from chalicelib.store.keys import record_types

DOCUMENTS = set(get_args(Document))


def test_documents_of_every_kind_are_counted_under_a_name_of_their_own() -> None:
    assert set(_COUNTED) == DOCUMENTS
    assert len(set(_COUNTED.values())) == len(_COUNTED)


def test_whatever_has_a_chain_of_events_is_read() -> None:
    chained = {
        name: kind
        for name, kind in record_types().items()
        if "chain" in {field.name for field in fields(kind)}
    }

    assert set(chained.values()) <= DOCUMENTS
    assert set(chained) <= set(_SURVEYED) & set(_RECORDS)
