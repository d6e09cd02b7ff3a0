"""The acknowledgement that a buyer can keep: what was declared, when, and under which number.

Pure and the same for ever: the text follows from the declaration alone. Times are in UTC, because
nobody may have to guess which clock is meant.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from chalicelib.withdrawals.model import Declarant, StatedLine, Withdrawal


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """The sentences of one language."""

    title: str
    opening: str
    number: str
    received: str
    name: str
    order: str
    goods: str
    whole_order: str
    line: Callable[[StatedLine], str]
    email: str
    address: str
    statement: str
    closing: str


_WORDS: dict[str, _Words] = {
    "en": _Words(
        title="Acknowledgement of your withdrawal",
        opening="We have received your declaration that you withdraw from the following sale.",
        number="Number: {}",
        received="Received: {} UTC",
        name="Name: {}",
        order="Order, as you stated it: {}",
        goods="Goods:",
        whole_order="the whole order",
        line=lambda one: (
            f"line {one.order_line_no}, quantity {one.quantity}"
            if one.order_line_no
            else f"{one.sku}, quantity {one.quantity}"
        ),
        email="E-mail: {}",
        address="Address: {}",
        statement="Your words: {}",
        closing="Please keep this acknowledgement. It confirms what you declared, and when.",
    ),
    "zh-CN": _Words(
        title="无理由退货（撤回合同）声明回执",
        opening="我们已收到您就以下交易作出的退货（撤回合同）声明。",
        number="编号：{}",
        received="收到时间：{} UTC",
        name="姓名：{}",
        order="您填写的订单：{}",
        goods="商品：",
        whole_order="整个订单",
        line=lambda one: (
            f"订单行 {one.order_line_no}，数量 {one.quantity}"
            if one.order_line_no
            else f"{one.sku}，数量 {one.quantity}"
        ),
        email="电子邮箱：{}",
        address="地址：{}",
        statement="您的原话：{}",
        closing="请妥善保存本回执。它证明您声明的内容和时间。",
    ),
}
LANGUAGES = tuple(_WORDS)


def texts(withdrawal: Withdrawal, declarant: Declarant, received_at: datetime) -> dict[str, str]:
    """The acknowledgement in every language."""
    return {
        language: _text(words, withdrawal, declarant, received_at)
        for language, words in _WORDS.items()
    }


def digest(text: str) -> str:
    """By which a copy can be compared with what was acknowledged."""
    return sha256(text.encode()).hexdigest()


def _text(
    words: _Words, withdrawal: Withdrawal, declarant: Declarant, received_at: datetime
) -> str:
    moment = f"{received_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    goods = [words.line(one) for one in withdrawal.lines] or [words.whole_order]
    stated = (
        (words.name, declarant.name),
        (words.order, declarant.order_stated),
        (words.email, declarant.email),
        (words.address, declarant.address),
        (words.statement, declarant.statement),
    )
    paragraphs = (
        [words.title],
        [words.opening],
        [words.number.format(withdrawal.withdrawal_id), words.received.format(moment)],
        [sentence.format(value) for sentence, value in stated if value is not None],
        [words.goods, *(f"- {one}" for one in goods)],
        [words.closing],
    )
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines) + "\n"
