"""Bodies made to break a parser: each is a 400 with a problem document, never a 500."""

import pytest

from chalicelib.api import bodies
from chalicelib.api.schemas.returns import ReturnBody
from tests.api.small import ask, problem


def hostile_line(**fields: str) -> str:
    parts = {"sku": '"A"', "quantity": "1"} | fields
    inside = ",".join(f'"{name}":{value}' for name, value in parts.items())
    return '{"lines":[{' + inside + "}]}"


HOSTILE: dict[str, bytes | str] = {
    "nan": hostile_line(quantity="NaN"),
    "infinity": hostile_line(quantity="Infinity"),
    "minus infinity": hostile_line(quantity="-Infinity"),
    "overflow": hostile_line(quantity="1e999"),
    "float": hostile_line(quantity="1.5"),
    "whole float": hostile_line(quantity="1.0"),
    "exponent": hostile_line(quantity="1e3"),
    "huge int": hostile_line(quantity="9" * 30),
    "gigantic int": hostile_line(quantity="9" * 100_000),
    "int64 overflow": hostile_line(quantity="9223372036854775808"),
    "negative": hostile_line(quantity="-1"),
    "zero": hostile_line(quantity="0"),
    "bool for int": hostile_line(quantity="true"),
    "text for int": hostile_line(quantity='"1"'),
    "null for int": hostile_line(quantity="null"),
    "list for int": hostile_line(quantity="[1]"),
    "float money": hostile_line(price='{"amount":9.5,"currency":"EUR"}'),
    "exponent money": hostile_line(price='{"amount":"1e3","currency":"EUR"}'),
    "nan money": hostile_line(price='{"amount":"NaN","currency":"EUR"}'),
    "underscore money": hostile_line(price='{"amount":"1_000","currency":"EUR"}'),
    "arabic digits": hostile_line(price='{"amount":"١٢","currency":"EUR"}'),
    "too many digits": hostile_line(price='{"amount":"1.001","currency":"EUR"}'),
    "yen with digits": hostile_line(price='{"amount":"1.1","currency":"JPY"}'),
    "unknown currency": hostile_line(price='{"amount":"1","currency":"XXX"}'),
    "lower currency": hostile_line(price='{"amount":"1","currency":"eur"}'),
    "huge money": hostile_line(price='{"amount":"999999999999999","currency":"EUR"}'),
    "money text": hostile_line(price='"9.50 EUR"'),
    "duplicate key": '{"lines":[],"lines":[{"sku":"A","quantity":1}]}',
    "duplicate inner key": hostile_line(quantity='1,"quantity":2'),
    "duplicate escaped key": hostile_line(quantity='1,"\\u0071uantity":2'),
    "lone surrogate": hostile_line(sku='"\\ud800"'),
    "surrogate key": '{"\\udfff":1}',
    "reversed surrogates": hostile_line(sku='"\\udc00\\ud800"'),
    "nul": hostile_line(sku='"a\\u0000b"'),
    "raw control": hostile_line(sku='"a\x01b"'),
    "right to left": hostile_line(sku='"a\\u202eb"'),
    "isolate": hostile_line(sku='"a\\u2066b"'),
    "newline": hostile_line(sku='"a\\rb"'),
    "byte order mark inside": hostile_line(sku='"\\ufeffA"'),
    "long text": hostile_line(sku='"' + "x" * 200_000 + '"'),
    "empty text": hostile_line(sku='""'),
    "deep arrays": "[" * 100_000,
    "deep arrays closed": "[" * 50_000 + "]" * 50_000,
    "deep objects": '{"lines":' * 20_000 + "1" + "}" * 20_000,
    "deep in a field": hostile_line(sku="[" * 5_000 + "]" * 5_000),
    "not utf-8": b'{"lines":[{"sku":"\xff","quantity":1}]}',
    "utf-16": hostile_line().encode("utf-16"),
    "utf-8 with mark": b"\xef\xbb\xbf" + hostile_line().encode(),
    "overlong": b'{"lines":[{"sku":"\xc0\xaf","quantity":1}]}',
    "truncated": '{"lines":[{"sku":"A"',
    "trailing": hostile_line() + "}",
    "two documents": hostile_line() + hostile_line(),
    "comment": "/* hi */" + hostile_line(),
    "single quotes": "{'lines':[]}",
    "trailing comma": '{"lines":[],}',
    "array": "[]",
    "null": "null",
    "number": "1",
    "text": '"lines"',
    "true": "true",
    "null field": '{"lines":null}',
    "object for list": '{"lines":{}}',
    "null line": '{"lines":[null]}',
    "unknown field": '{"lines":[],"__proto__":{}}',
    "unknown inner field": hostile_line(is_admin="true"),
    "many unknown fields": "{" + ",".join(f'"k{n}":1' for n in range(10_000)) + "}",
    "many bad lines": '{"lines":[' + ",".join(["{}"] * 50_000) + "]}",
    "year 9999": '{"lines":[],"placed_at":"9999-12-31T23:59:59-23:59"}',
    "year 1": '{"lines":[],"placed_at":"0001-01-01T00:00:00+23:59"}',
    "naive time": '{"lines":[],"placed_at":"2026-01-01T00:00:00"}',
    "unix time": '{"lines":[],"placed_at":1767225600}',
    "unix time text": '{"lines":[],"placed_at":"1767225600"}',
    "date for time": '{"lines":[],"placed_at":"2026-01-01"}',
    "no such day": '{"lines":[],"placed_at":"2026-02-30T00:00:00Z"}',
    "leap second": '{"lines":[],"placed_at":"2026-06-30T23:59:60Z"}',
    "hour 24": '{"lines":[],"placed_at":"2026-06-30T24:00:00Z"}',
    "week date": '{"lines":[],"placed_at":"2026-W01-1T00:00:00Z"}',
    "space for T": '{"lines":[],"placed_at":"2026-01-01 00:00:00Z"}',
    "offset out of range": '{"lines":[],"placed_at":"2026-01-01T00:00:00+99:99"}',
    "form": "lines=1",
    "xml": "<lines/>",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_body_is_a_400_and_is_not_echoed(body: bytes | str) -> None:
    response = ask("POST", "/v1/returns", body)

    document = problem(response)
    assert response.status_code == 400
    assert document["code"] in ("body_invalid", "malformed_json")
    assert len(response.body) < 20_000


def test_a_list_of_one_bad_item_is_not_called_empty() -> None:
    sent = b'{"lines":[{"quantity":"1","reason":"OTHER"}]}'

    with pytest.raises(bodies.Misshapen) as caught:
        bodies.parse(sent, ReturnBody)

    assert [(e.pointer, e.code) for e in caught.value.errors] == [
        ("/lines/0/quantity", "wrong_type")
    ]


def test_an_empty_list_is_called_too_short() -> None:
    with pytest.raises(bodies.Misshapen) as caught:
        bodies.parse(b'{"lines":[]}', ReturnBody)

    assert [(e.pointer, e.code) for e in caught.value.errors] == [("/lines", "too_short")]
