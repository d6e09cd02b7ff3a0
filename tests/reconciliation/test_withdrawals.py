"""Books with withdrawals and a blind return agree; one that loses its return does not."""

import boto3
import pytest

from chalicelib import wiring
from chalicelib.core.commands import Decided
from chalicelib.core.events import Context
from chalicelib.returns.blind import create_blind
from chalicelib.returns.model import Return
from chalicelib.returns.sale_found import MatchedLine, MatchLines, match
from chalicelib.returns.wishes import RequestedLine, RequestReturn
from chalicelib.store import keys
from chalicelib.store.execution import Commands
from chalicelib.withdrawals.matching import JoinReturn, NoSale
from chalicelib.withdrawals.model import Withdrawal
from tests.builders import Shop, line, order, wish
from tests.fake_reads import Reader
from tests.stage import Stage
from tests.withdrawals.buyers import Counter
from tools.cli.scanning import WatchedTable
from tools.cli.truth import Verified, Verifier


@pytest.fixture
def matched(stage: Stage) -> Withdrawal:
    """One withdrawal with a return, one repeated, one joined, one set aside; a blind return."""
    shop = Shop(Commands(table=wiring.core_table()))
    counter = Counter(shop)
    shop.sells(order(line(quantity=2), region="DE"))
    done = counter.takes()
    counter.takes()
    shop.sells(order(line(quantity=2), no="O-2", region="DE"))
    ret = shop.approves(shop.asks("O-2", wish(2)))
    counter.matches(counter.takes(order_stated="O-2"), JoinReturn(return_id=ret.return_id))
    counter.matches(counter.takes(order_stated="?"), NoSale())
    counter.states()
    shop.sells(order(line(quantity=2), no="O-3"))
    asked = RequestReturn(
        lines=(RequestedLine(sku="SKU-1", quantity=2, reason="CHANGED_MIND"),), customer_id="cus-1"
    )
    blind = shop.do(lambda _, context: create_blind(asked, context))

    def finding(reads: Reader, context: Context) -> Decided[Return]:
        sold = MatchedLine(line_no="1", order_no="O-3", order_line_no="1")
        return match(reads, blind.return_id, MatchLines(lines=(sold,)), context)

    shop.do(finding)
    return done


def verified(subject: str | None = None) -> Verified:
    table = wiring.core_table()
    core = WatchedTable(table.name, table._link, boto3.client("dynamodb"))
    verifier = Verifier(core=core, sleep=lambda _: None)
    return verifier.one(subject) if subject else verifier.everything()


def test_nothing_is_found_where_all_is_right(matched: Withdrawal) -> None:
    found = verified()

    assert found.findings == []
    assert found.checked["withdrawals"] == 5
    assert verified(matched.subject).findings == []


def test_a_withdrawal_whose_return_is_gone_is_found(stage: Stage, matched: Withdrawal) -> None:
    assert matched.return_id is not None
    place = keys.return_(matched.return_id)
    stage.dynamodb.delete_item(TableName="core", Key={"pk": {"S": place.pk}, "sk": {"S": place.sk}})

    kinds = {finding.kind for finding in verified(matched.subject).findings}

    assert kinds == {"return_missing"}


def test_events_without_their_withdrawal_are_found(stage: Stage, matched: Withdrawal) -> None:
    place = keys.withdrawal(matched.withdrawal_id)
    stage.dynamodb.delete_item(TableName="core", Key={"pk": {"S": place.pk}, "sk": {"S": place.sk}})

    assert matched.subject in {finding.subject for finding in verified().findings}
