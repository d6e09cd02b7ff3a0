"""The terms of policy versions as customers read them: open to everybody once they are published.

These routes have no authorizer, so nobody is known there: staff read a draft's terms at `preview`.
"""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import encode, ok
from chalicelib.api.authorizer import PRIVATE, PUBLIC
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.policies import PaperView, TermsQuery, TermsView
from chalicelib.core.commands import Answer
from chalicelib.core.errors import Invalid, NotFound
from chalicelib.policy.linting import faults
from chalicelib.policy.terms import Terms, terms_of
from chalicelib.policy.terms_page import CONTENT_SECURITY_POLICY, page_of
from chalicelib.policy.versions import version_known

bp = Blueprint(__name__)
_HTML = "text/html; charset=utf-8"


@bp.route("/policies/{version_id}/terms", methods=["GET"], **PUBLIC)
@endpoint(bp, allow=None, query=TermsQuery, answer=TermsView)
def read_terms(call: Call, query: TermsQuery, version_id: str) -> Answer:
    """Read the terms of a published version, in `lang` or the language of Accept-Language."""
    terms = _published(call, query, version_id)
    return _in_language(ok(TermsView.of(terms)), terms)


@bp.route("/policies/{version_id}/terms.html", methods=["GET"], **PUBLIC)
@endpoint(bp, allow=None, query=TermsQuery, media="text/html")
def read_terms_page(call: Call, query: TermsQuery, version_id: str) -> Answer:
    """Read the terms of a published version as a page that needs nothing else."""
    terms = _published(call, query, version_id)
    page = Answer(
        status=200,
        body=page_of(terms).encode(),
        headers={
            "Content-Type": _HTML,
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "Referrer-Policy": "no-referrer",
        },
    )
    return _in_language(page, terms)


@bp.route("/policies/{version_id}/terms.pdf", methods=["GET"], **PUBLIC)
@endpoint(bp, allow=None, query=TermsQuery, answer=PaperView, status=303)
def read_terms_paper(call: Call, query: TermsQuery, version_id: str) -> Answer:
    """Find the terms of a published version as a PDF: a browser goes there by itself.

    The address is valid for five minutes; this one always is.
    """
    terms = _published(call, query, version_id)
    paper = wiring.terms_papers().paper(terms, call.received_at)
    view = PaperView(url=paper.url, expires_at=paper.expires_at)
    found = Answer(status=303, body=encode(view), headers={"Location": paper.url})
    return _in_language(found, terms)


@bp.route("/policies/{version_id}/preview", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="policies:read", query=TermsQuery, answer=TermsView, refuses=(422,))
def preview_terms(call: Call, query: TermsQuery, version_id: str) -> Answer:
    """Read the terms that any version makes or would make, drafts included.

    Without a known time zone there are none yet: their days are days there.
    """
    reads = wiring.reads()
    document = version_known(reads, version_id).document
    placeless = [fault for fault in faults(document) if fault.code == "unknown_time_zone"]
    if placeless:
        raise Invalid("policy_faults", "Terms need a known time zone.", errors=placeless)
    language = query.lang or call.language
    terms = terms_of(document, language, reasons=reads.reason_catalogue())
    return _in_language(ok(TermsView.of(terms)), terms)


def _published(call: Call, query: TermsQuery, version_id: str) -> Terms:
    """Drafts are nobody's business: to who asks here there is no such version."""
    reads = wiring.reads()
    policy = reads.policy(version_id)
    if policy is None:
        raise NotFound("policy_not_found", f"There is no policy version {version_id}.")
    document = policy.document
    ends = reads.known_shelf(document.policy).really_ends(version_id)
    language = query.lang or call.language
    return terms_of(document, language, ends, reads.reason_catalogue())


def _in_language(answer: Answer, terms: Terms) -> Answer:
    said = {"Content-Language": terms.language, "Vary": "Accept-Language"}
    return Answer(status=answer.status, body=answer.body, headers={**answer.headers, **said})
