"""HEAD beside every GET, and 405 with Allow for what an address does not have."""

import pytest

from tests.api.door import Door
from tests.api.shop import opened


def test_head_is_get_without_its_body(door: Door) -> None:
    return_id = opened(door)
    path = f"/v1/returns/{return_id}"

    get = door.ask("support", "GET", path, X_Request_Id="r")
    head = door.ask("support", "HEAD", path, X_Request_Id="r")

    assert (head.status, head.raw) == (200, "")
    assert head.headers == get.headers
    assert get.raw


@pytest.mark.parametrize("path", ["/v1/health", "/v1/openapi.json"])
def test_head_is_as_open_as_get(door: Door, path: str) -> None:
    assert door.ask("nobody", "HEAD", path).status == 200
    assert door.ask("nobody", "HEAD", "/v1/tasks").status == 401


def test_head_of_what_is_not_there_says_so_without_a_body(door: Door) -> None:
    reply = door.ask("support", "HEAD", "/v1/returns/ret_none")

    assert (reply.status, reply.raw) == (404, "")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/returns/ret_1", "GET, HEAD, PATCH, OPTIONS"),
        ("GET", "/v1/returns/ret_1/approve", "POST, OPTIONS"),
        ("HEAD", "/v1/scans", "POST, OPTIONS"),
        ("PUT", "/v1/returns", "GET, HEAD, POST, OPTIONS"),
        ("PATCH", "/v1/orders/SO-1", "GET, HEAD, PUT, OPTIONS"),
        ("POST", "/v1/health", "GET, HEAD, OPTIONS"),
    ],
)
@pytest.mark.parametrize("who", ["nobody", "admin"])
def test_a_method_that_an_address_does_not_have_is_refused_by_name(
    door: Door, who: str, method: str, path: str, allowed: str
) -> None:
    reply = door.ask(who, method, path, Accept_Language="zh-CN")

    assert (reply.status, reply.headers["Allow"]) == (405, allowed)
    assert reply.headers["Content-Language"] == "zh-CN"
    assert reply.headers["Vary"] == "Accept-Language"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    if method != "HEAD":
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert (reply.body["code"], reply.body["title"]) == ("method_not_allowed", "不支持该方法")
        assert reply.body["details"] == {"allowed": allowed}
