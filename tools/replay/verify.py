"""Compares what the system holds with what the file says, figure by figure.

Pure: the system was read (reading.py), the file was counted (count.py, which shares no code with
the loader).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.replay.count import Figures
from tools.replay.forms import pence_of, pounds
from tools.replay.reading import units_by_account
from tools.replay.returns import DOCUMENT_KIND, shares_in
from tools.replay.source import Line

_UNDER_WAY = ("receiving", "quarantine", "damaged", "reserved", "repair")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The system at the end of a run. `returns` are all of the plan, blind ones among them.

    `refused` of the plan were refused by policy: they are no returns.
    """

    orders: Sequence[Mapping[str, Any]]
    returns: Sequence[Mapping[str, Any]]
    exceptions: Sequence[Mapping[str, Any]]
    stock: Sequence[Mapping[str, Any]]
    findings: int | None
    refused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure, as text, from both sides."""

    figure: str
    system: str
    file: str

    @property
    def is_equal(self) -> bool:
        return self.system == self.file


def compare(state: State, figures: Figures, credit_lines: Sequence[Line]) -> list[Row]:
    """Every figure that has to be equal: the totals first, then what must agree behind them."""
    of_order = [answer for answer in state.returns if answer["order_no"] is not None]
    blind = [answer for answer in state.returns if answer["order_no"] is None]
    full, partial, none = _outcomes(of_order, credit_lines)
    totals = [
        _row("orders", _goods_orders(state.orders), figures.orders),
        _row("goods order lines", len(_goods(state.orders)), figures.goods_order_lines),
        _row("units delivered", _total(_goods(state.orders), "shipped"), figures.sold_units),
        _row("C-lines full", full, figures.credit_lines_full),
        _row("C-lines partial", partial, figures.credit_lines_partial),
        _row("C-lines none", none, figures.credit_lines_none),
        _row("units matched", _bucket(of_order, "restock"), figures.units_matched),
        _row("units unmatched", _bucket(blind, "requested"), figures.units_unmatched),
        _money("refund total, GBP", _settled(of_order), figures.refund_pence),
    ]
    return totals + _behind(state, figures, of_order, blind)


def _behind(
    state: State,
    figures: Figures,
    of_order: Sequence[Mapping[str, Any]],
    blind: Sequence[Mapping[str, Any]],
) -> list[Row]:
    completed = sum(answer["status"] == "COMPLETED" for answer in of_order)
    return [
        _row("returns", len(of_order), figures.returns),
        _row("returns completed", completed, figures.returns),
        _row("returns refused by policy", state.refused, figures.returns_refused),
        _row("returns with other units", *_differing(_units(of_order), figures.units_by_return)),
        _row("returns with another refund", *_differing(_pence(of_order), _paid(figures))),
        _row("blind returns", len(blind), figures.blind_returns),
        compare_exceptions(state.exceptions, state.returns, figures),
        *compare_stock(state.stock, figures),
        _row("orders: units taken back", _taken_back(state.orders), figures.units_matched),
        _money("orders: refunded, GBP", _on_payments(state.orders), figures.refund_pence),
        Row(figure="reconciliation findings", file="0",
            system="no answer" if state.findings is None else f"{state.findings:,}"),
    ]  # fmt: skip


def compare_exceptions(
    exceptions: Sequence[Mapping[str, Any]], returns: Sequence[Mapping[str, Any]], figures: Figures
) -> Row:
    """Every blind return has to wait for a person."""
    blind = {answer["id"] for answer in returns if answer["order_no"] is None}
    waiting = {row["return_id"] for row in exceptions if row["kind"] == "BLIND_RETURN"} & blind
    return _row("blind returns waiting", len(waiting), figures.blind_returns)


def compare_stock(stock: Sequence[Mapping[str, Any]], figures: Figures) -> list[Row]:
    """All that was sold went out, and what came back is available again."""
    accounts = units_by_account(stock)
    available: Mapping[str, int] = accounts.get("available", {})
    under_way = sum(_sum(accounts, account) for account in _UNDER_WAY)
    return [
        _row("ledger: units available", _sum(accounts, "available"), figures.units_matched),
        _row("ledger: SKUs that differ", *_differing(available, figures.units_matched_by_sku)),
        _row("ledger: units under way", under_way, 0),
    ]


def _goods(orders: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [line for order in orders for line in order["lines"] if line["kind"] == "goods"]


def _goods_orders(orders: Sequence[Mapping[str, Any]]) -> int:
    return sum(any(line["kind"] == "goods" for line in order["lines"]) for order in orders)


def _total(lines: Sequence[Mapping[str, Any]], name: str) -> int:
    return sum(line[name] for line in lines)


def _bucket(returns: Sequence[Mapping[str, Any]], bucket: str) -> int:
    return sum(line["quantities"][bucket] for answer in returns for line in answer["lines"])


def _outcomes(
    returns: Sequence[Mapping[str, Any]], credit_lines: Sequence[Line]
) -> tuple[int, int, int]:
    """Credit lines by what the returns in the system say of them; a share counts if restocked."""
    matched: Counter[int] = Counter()
    for line in (line for answer in returns for line in answer["lines"]):
        shares = shares_in(line["note"] or "")
        if sum(shares.values()) == line["quantities"]["restock"]:
            matched.update(shares)
    full = sum(matched[credit.row] == -credit.quantity for credit in credit_lines)
    none = sum(matched[credit.row] == 0 for credit in credit_lines)
    return full, len(credit_lines) - full - none, none


def _settled(returns: Sequence[Mapping[str, Any]]) -> int:
    return sum(_pence(returns).values())


def _pence(returns: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    """What was paid back, by credit invoice and order."""
    return {
        _name(answer): sum(
            pence_of(settlement["amount"])
            for settlement in answer["settlements"]
            if settlement["state"] == "SETTLED"
        )
        for answer in returns
    }


def _units(returns: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    return {_name(answer): _bucket([answer], "restock") for answer in returns}


def _name(answer: Mapping[str, Any]) -> tuple[str, str]:
    documents = [d["ref"] for d in answer["documents"] if d["kind"] == DOCUMENT_KIND]
    return documents[0] if documents else "", answer["order_no"]


def _paid(figures: Figures) -> dict[tuple[str, str], int]:
    return figures.refund_pence_by_return


def _taken_back(orders: Sequence[Mapping[str, Any]]) -> int:
    return sum(line["shipped"] - line["returnable_quantity"] for line in _goods(orders))


def _on_payments(orders: Sequence[Mapping[str, Any]]) -> int:
    return sum(
        pence_of(payment["refunded_by_us"]) for order in orders for payment in order["payments"]
    )


def _sum(accounts: Mapping[str, Counter[str]], account: str) -> int:
    return sum(accounts.get(account, {}).values())


def _differing(
    system: Mapping[Any, int], file: Mapping[Any, int]
) -> tuple[int, int]:  # Any: keys of one kind, of either kind of table
    """How many names have different numbers; none should."""
    return sum(system.get(name, 0) != file.get(name, 0) for name in {*system, *file}), 0


def _row(figure: str, system: int, file: int) -> Row:
    return Row(figure=figure, system=f"{system:,}", file=f"{file:,}")


def _money(figure: str, system: int, file: int) -> Row:
    return Row(figure=figure, system=pounds(system), file=pounds(file))
