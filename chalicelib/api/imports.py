"""Imports: a CSV file to come, read by a job once it is there."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import accepted
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.jobs import ImportBody, ImportView, JobView, UploadView
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer
from chalicelib.jobs import service as jobs
from chalicelib.jobs.model import Job

bp = Blueprint(__name__)


@bp.route("/imports", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="imports:create",
    body=ImportBody,
    answer=ImportView,
    status=202,
    idempotency="accepted",
)
def create_import(call: Call, body: ImportBody) -> Answer:
    """Ask for a form to upload a CSV file with; its job starts when the file has arrived.

    A file may be about any warehouse, so it is not for machines that are bound to some.
    """
    permissions.act_everywhere(call.principal, "imports:create")
    from chalicelib.imports import service as imports  # noqa: PLC0415 - see reconciliations

    context = call.context()
    new = imports.new_import(
        kind=body.kind,
        dry_run=body.dry_run,
        mode=body.mode,
        file_name=body.file_name,
        reason_system=body.reason_system,
    )
    return wiring.commands().answer(
        lambda reads: jobs.create(reads, new, context),
        context=context,
        render=_form,
        idempotency=call.idempotency,
    )


def _form(job: Job) -> Answer:
    from chalicelib.imports import service as imports  # noqa: PLC0415 - see reconciliations

    form = wiring.files().upload_form(
        imports.upload_key(job.job_id),
        content_type=imports.CONTENT_TYPE,
        size_max=imports.FILE_BYTES_MAX,
    )
    upload = UploadView(url=form.url, fields=dict(form.fields), expires_at=form.expires_at)
    view = ImportView(job=JobView.of(job, links={}), upload=upload)
    return accepted(view, location=f"/v1/jobs/{job.job_id}")
