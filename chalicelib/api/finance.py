"""Finance: what its system calls our accounts, and the journal for its books."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.jobs import start_job
from chalicelib.api.schemas.common import PageQuery
from chalicelib.api.schemas.finance import AccountsBody, AccountsView, JournalBody
from chalicelib.api.schemas.jobs import JobsPage, JobView
from chalicelib.core.clock import utc_now
from chalicelib.core.commands import Answer
from chalicelib.invoicing import accounts
from chalicelib.invoicing.accounts import FinanceAccounts
from chalicelib.jobs.model import JobKind
from chalicelib.settings import settings

bp = Blueprint(__name__)


@bp.route("/finance/accounts", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="accounts:read", answer=AccountsView, status=(200, 304))
def read_accounts() -> Answer:
    """Read what each account of the ledger is called in the books."""
    return _shown(wiring.reads().finance_accounts())


@bp.route("/finance/accounts", methods=["PUT"], **PRIVATE)
@endpoint(
    bp,
    allow="accounts:write",
    body=AccountsBody,
    answer=AccountsView,
    idempotency="accepted",
    if_match=always,
)
def put_accounts(call: Call, body: AccountsBody) -> Answer:
    """State what each account is called in journals that are exported from now on."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: accounts.state_accounts(reads, body.to_domain(), context),
        context=context,
        render=_shown,
        idempotency=call.idempotency,
    )


@bp.route("/finance/journals", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="journals:export",
    body=JournalBody,
    answer=JobView,
    status=202,
    idempotency="accepted",
)
def export_journal(call: Call, body: JournalBody) -> Answer:
    """Write what was posted in a time as lines for the books, into one file."""
    # Imported here, as in imports and metrics: no other request needs what a job is made of.
    from chalicelib.invoicing.exporting import new_export  # noqa: PLC0415

    new = new_export(
        body.since, body.until, form=body.format, language=body.language, now=utc_now()
    )
    return start_job(call, new, place="/v1/jobs")


@bp.route("/finance/journals", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="journals:read", query=PageQuery, answer=JobsPage)
def list_journals(call: Call, query: PageQuery) -> Answer:
    """List the journals that were exported, the newest first."""
    page = wiring.views().jobs(kind=JobKind.EXPORT_JOURNAL, limit=query.limit, cursor=query.cursor)
    items = tuple(JobView.of(job, links={}) for job in page.items)
    return page_of(call, JobsPage, items, page.next_cursor)


def _shown(stated: FinanceAccounts) -> Answer:
    view = AccountsView.of(stated, home_currency=settings.base_currency)
    return ok(view, version=stated.edition)
