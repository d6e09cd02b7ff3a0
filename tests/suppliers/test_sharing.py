"""What a supplier is shown of a return: its own goods, what inspectors saw, and clean photos."""

from typing import Any

import pytest

from chalicelib.core.commands import Changes, Decided
from chalicelib.returns.model import Disposition, FaultParty, Grade, Return
from chalicelib.suppliers.sharing import SharedUnits, shared_units
from chalicelib.uploads.model import Photo, PhotoState
from tests.builders import NOW, Shop, eur, failed, goes, item, line, order, passed, wish
from tests.returns.undoing import reinspects
from tests.suppliers.trade import ACME, drafts, states


@pytest.fixture
def ret(shop: Shop) -> Return:
    """Two units of the supplier's and one of another's; one of the first was bad."""
    states(shop)
    shop.sells(
        order(
            line("1", quantity=2, supplier_id=ACME),
            line("2", quantity=1, supplier_id="OTHER"),
        )
    )
    ret = shop.approves(shop.asks("O-1", wish(2), wish(1, "2")))
    shop.receives(ret, item("SKU-1", 2), item("SKU-2", 1))
    for photo_id in ("good", "bad", "customers"):
        uploads(shop, ret, photo_id, PhotoState.CLEAN)
    bad = failed(
        1,
        fault=FaultParty.MAKER,
        defects=("BROKEN",),
        photos=("good", "bad"),
        notes="Anna says so.",
    )
    ret = shop.inspects(ret, bad, passed(1), passed(1, "2"))
    uploads(shop, ret, "bad", PhotoState.REJECTED, version=2)
    return ret


def uploads(
    shop: Shop,
    ret: Return,
    photo_id: str,
    state: PhotoState,
    *,
    version: int = 1,
    role: str | None = "inspector",
) -> None:
    photo = Photo(
        photo_id=photo_id,
        return_id=ret.return_id,
        content_type="image/jpeg",
        size=1,
        upload_key=f"quarantine/{photo_id}",
        requested_at=NOW,
        requested_by="someone",
        requested_as=role,
        line_no="1",
        state=state,
        version=version,
        clean_key=f"clean/{photo_id}.jpg" if state is PhotoState.CLEAN else None,
    )
    shop.do(lambda reads, context: Decided(result=None, changes=Changes(records=(photo,))))


def seen(shop: Shop, ret: Return, **more: Any) -> list[SharedUnits]:
    asked: dict[str, Any] = {"sees_prices": False} | more
    reads: Any = shop.store.reads()  # Any: both stores read photos, which no command does
    return shared_units(reads, [ret.return_id], ACME, **asked)


def test_only_its_own_goods_with_what_inspectors_saw_of_them(shop: Shop, ret: Return) -> None:
    bad, good = sorted(seen(shop, ret), key=lambda one: one.inspection)

    assert (bad.sku, bad.quantity, bad.fault, bad.defects) == ("SKU-1", 1, "maker", ("BROKEN",))
    assert (good.sku, good.quantity, good.defects) == ("SKU-1", 1, ())


def test_only_clean_photos_that_an_inspector_took(shop: Shop, ret: Return) -> None:
    shown = [photo for one in seen(shop, ret) for photo in one.photos]

    assert shown == ["clean/good.jpg"]


@pytest.mark.parametrize("role", ["customer", None])
def test_a_photo_that_a_customer_took_is_not_shared_by_an_inspector_naming_it(
    shop: Shop, ret: Return, role: str | None
) -> None:
    uploads(shop, ret, "good", PhotoState.CLEAN, version=2, role=role)

    assert [photo for one in seen(shop, ret) for photo in one.photos] == []


def test_prices_only_where_they_were_agreed(shop: Shop, ret: Return) -> None:
    assert {one.price for one in seen(shop, ret)} == {None}
    assert {one.price for one in seen(shop, ret, sees_prices=True)} == {eur(10_00)}


def test_what_is_looked_at_again_says_nothing_until_it_was(shop: Shop, ret: Return) -> None:
    reinspects(shop, ret)

    assert {one.defects for one in seen(shop, ret)} == {()}


def test_a_document_has_the_defects_and_photos_of_its_units(shop: Shop, ret: Return) -> None:
    shop.disposes(ret, goes(Disposition.RTV, 1, grade=Grade.C))

    (row,) = drafts(shop, ret).lines

    assert (row.defects, row.photos, row.grade) == (("BROKEN",), ("good", "bad"), "C")
