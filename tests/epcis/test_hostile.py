"""Whatever a partner sends is planned or refused, soon, and never breaks the capture."""

import json
import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from chalicelib.contracts.epcis import EpcisEvent, canonical, fingerprint
from chalicelib.epcis import names
from chalicelib.epcis.intake import plan_of
from tests.contracts.test_barcodes import NUMBER
from tests.epcis.documents import LINK, PLACES, SGTIN, SSCC_URN, box_event, object_event, rma

_TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [LINK, f"{SGTIN}.1", SSCC_URN, NUMBER, "urn:epc:id:sgtin:1.2.3", "urn:epc:id:sgln:..", "http://",
         "https://[", "urn:epc:id:sscc:1.", "urn:epc:class:lgtin:4006381.033393.%00", "receiving",
         "cbv:BizStep-", "2026-11-22T10:00:00Z", "+14:01", "https://id.gs1.org/414/1", "a" * 600]
    ),
)  # fmt: skip
_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), _TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=8), inner, max_size=5)
    ),
    max_leaves=20,
)
_FIELDS = (
    "type eventTime eventTimeZoneOffset eventID action bizStep epcList quantityList parentID "
    "childEPCs readPoint bizLocation bizTransactionList errorDeclaration"
)


def planned(sent: Any) -> bool:
    """Whether it can be read; anything but a fault of its shape is raised."""
    try:
        event = EpcisEvent.model_validate_json(json.dumps(sent))
    except ValidationError:
        return False
    plan_of(event.to_domain(sent, PLACES), "dev-1")
    return True


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from([object_event(LINK, **rma(NUMBER)), box_event(LINK, **rma(NUMBER))]),
    st.dictionaries(st.sampled_from(_FIELDS.split()), _JSON, max_size=4),
)
def test_any_event_is_planned_or_refused(event: dict[str, Any], changes: dict[str, Any]) -> None:
    sent = event | changes

    planned(sent)

    assert fingerprint(sent).startswith("sha-256;")


@given(st.one_of(_TEXTS, st.text(max_size=600)))
def test_any_uri_names_something_or_nothing(uri: str) -> None:
    names.thing_of_urn(uri)
    PLACES.at(uri)
    names.last_part(uri)
    names.word(uri)
    assert isinstance(canonical(uri), str)


def test_deep_and_wide_events_are_known_again_soon() -> None:
    deep: Any = "x"
    for _ in range(180):
        deep = [deep, {"b": 1, "a": 2}]
    wide = [{"n": n, "m": [n, n + 1]} for n in range(8_000)]
    started = time.perf_counter()

    fingerprint(object_event(LINK, deep=deep, wide=wide))

    assert time.perf_counter() - started < 2
