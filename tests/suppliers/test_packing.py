"""The packing list says what is in the box, in words of both languages, with clean photos only."""

from dataclasses import replace

from chalicelib.gateways.label_pdf import label_pdf
from chalicelib.returns.number_labels import LabelSize
from chalicelib.suppliers.model import Criterion
from chalicelib.suppliers.packing import label_of, packing_list
from chalicelib.uploads.model import Photo, PhotoState
from tests.builders import NOW, Shop, eur
from tests.suppliers.trade import bad_goods, drafts, states

CRACK = Criterion(code="CRACK", titles={"en": "Crack", "zh-CN": "裂纹"})


def photo(photo_id: str, state: PhotoState, role: str = "inspector") -> Photo:
    return Photo(
        photo_id=photo_id,
        return_id="ret_1",
        content_type="image/jpeg",
        size=1,
        upload_key="quarantine/x",
        requested_at=NOW,
        requested_by="someone",
        requested_as=role,
        state=state,
        clean_key=f"clean/{photo_id}.jpg" if state is PhotoState.CLEAN else None,
    )


def test_it_says_what_is_in_the_box(shop: Shop) -> None:
    supplier = states(shop, criteria=(CRACK,))
    rtv = drafts(shop, bad_goods(shop, gtin="4006381333931"))
    line = replace(
        rtv.lines[0], defects=("CRACK", "ODD", "BROKEN"), photos=("good", "bad", "theirs")
    )
    photos = [
        photo("good", PhotoState.CLEAN),
        photo("bad", PhotoState.REJECTED),
        photo("theirs", PhotoState.CLEAN, "customer"),
    ]

    packed = packing_list(replace(rtv, lines=(line,)), supplier, photos)

    assert (packed.number, packed.barcode) == (rtv.number, rtv.number)
    assert (packed.units, packed.skus, packed.value) == (2, 1, eur(8_00))
    (one,) = packed.lines
    assert (one.gtin, one.quantity, one.photos) == ("4006381333931", 2, ("clean/good.jpg",))
    assert one.defects == (
        {"en": "Crack", "zh-CN": "裂纹"},
        {"en": "ODD", "zh-CN": "ODD"},
        {"en": "Broken or cracked", "zh-CN": "破裂"},
    )
    assert packed.carrier == "dhl"


def test_the_label_bears_the_number_and_where_it_goes(shop: Shop) -> None:
    supplier = states(shop)
    rtv = drafts(shop, bad_goods(shop))

    label = label_of(rtv, supplier, language="zh-CN", size=LabelSize.A6)
    drawn = label_pdf(label, is_packed=False)

    assert (label.number, label.to, label.warehouse) == (rtv.number, ("Acme Ltd",), "A")
    assert drawn.startswith(b"%PDF")
