"""The sweep: what S3 did not tell of is found, what never came is given up on, nothing else."""

import json
from datetime import timedelta
from typing import Any

import pytest

import app
from chalicelib import wiring
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import chain_fault
from chalicelib.jobs.model import Job, JobKind, JobState
from chalicelib.returns.model import Return
from chalicelib.store.upload_lists import UploadLists
from chalicelib.uploads import service
from chalicelib.uploads.model import CHECK_TAKES, FORM_LIVES, SPARE, Photo, PhotoState
from chalicelib.workers.events_stream import project_events
from chalicelib.workers.uploads_queue import index_uploads
from chalicelib.workers.uploads_schedule import UploadSweep
from tests.stage import LambdaContext, Stage, run_queue_worker, run_stream_worker
from tests.story import Story
from tests.workers.test_photo_checks import arrives
from tests.workers.test_uploads_queue import picture, put, requested

DUE = FORM_LIVES + SPARE
MINUTE = timedelta(minutes=1)
NOTHING = {"failed": 0, "remaining": 0}


@pytest.fixture
def ret(stage: Stage) -> Return:
    story = Story(stage)
    story.stock("S1", "S2")
    story.order("O1")
    return story.return_("O1")


@pytest.fixture
def photo(stage: Stage, ret: Return) -> Photo:
    return requested(stage, ret)


def sweep(stage: Stage, after: timedelta, *, is_behind: bool = False) -> dict[str, int]:
    """One run so long after now, on lists that are in step; what it did."""
    stage.observe()
    run_stream_worker(project_events, stage.changes)
    stage.changes.clear()
    return late_sweep(stage, after, is_behind=is_behind)


def late_sweep(stage: Stage, after: timedelta, *, is_behind: bool = False) -> dict[str, int]:
    """As `sweep`, on lists as they are."""
    run = UploadSweep(
        commands=wiring.commands(),
        views=wiring.views(),
        clock=lambda: stage.now + after,
        correlation_id="corr-1",
        remaining_s=lambda: 240.0,
        lists=UploadLists(wiring.views_table()),
        files=wiring.files(),
        queues=wiring.queues(),
        is_behind=is_behind,
    )
    run.work()
    done = {outcome.value: number for outcome, number in run.done.items()}
    return done | {"failed": run.failed, "remaining": run.remaining}


def works(stage: Stage) -> None:
    """index_uploads takes what is in its queue."""
    bodies = [message["body"] for message in stage.messages("uploads")]
    assert run_queue_worker(index_uploads, *bodies) == []


def now(photo: Photo) -> Photo:
    found = wiring.reads().photo(photo.return_id, photo.photo_id)
    assert found is not None, "photos do not vanish"
    return found


def test_a_photo_that_s3_never_told_of_is_found(stage: Stage, photo: Photo) -> None:
    put(stage, photo.upload_key, picture())

    early, found = sweep(stage, DUE - MINUTE), sweep(stage, DUE)
    works(stage)

    assert early == NOTHING, "S3 still has time to tell"
    assert found == {"notified": 1} | NOTHING
    assert now(photo).state is PhotoState.CLEAN
    assert sweep(stage, 2 * DUE) == NOTHING, "it is decided"


def test_a_photo_whose_check_died_is_checked_again(stage: Stage, photo: Photo) -> None:
    put(stage, photo.upload_key, picture())
    arrives(stage, photo)

    early, found = sweep(stage, CHECK_TAKES - MINUTE), sweep(stage, CHECK_TAKES)
    works(stage)

    assert (early, found) == (NOTHING, {"notified": 1} | NOTHING)
    assert now(photo).state is PhotoState.CLEAN


def test_no_photo_stays_uploaded_for_a_quarter_of_an_hour(stage: Stage, photo: Photo) -> None:
    put(stage, photo.upload_key, picture())
    arrives(stage, photo)
    began, outcomes = stage.now, []

    for minutes in (4, 9, 14):  # the sweeps of a quarter of an hour; whoever looks at it dies
        outcomes.append(sweep(stage, began + minutes * MINUTE - stage.now))
        arrives(stage, photo)

    assert outcomes == [
        {"notified": 1} | NOTHING,
        {"notified": 1} | NOTHING,
        {"given_up": 1} | NOTHING,
    ]
    assert (now(photo).state, now(photo).reason) == (PhotoState.REJECTED, "check_failed")


def test_a_run_that_was_skipped_costs_no_photo_its_second_look(stage: Stage, photo: Photo) -> None:
    put(stage, photo.upload_key, picture())
    arrives(stage, photo)

    assert sweep(stage, 12 * MINUTE) == {"notified": 1} | NOTHING
    works(stage)

    assert now(photo).state is PhotoState.CLEAN


def test_a_photo_that_came_and_is_gone_is_given_up(stage: Stage, photo: Photo) -> None:
    arrives(stage, photo)

    assert sweep(stage, 9 * MINUTE) == {"waiting": 1} | NOTHING
    assert sweep(stage, 10 * MINUTE) == {"given_up": 1} | NOTHING
    assert now(photo).reason == "check_failed"


def test_a_photo_that_never_came_is_given_up_after_an_hour(
    stage: Stage, ret: Return, photo: Photo
) -> None:
    waiting = sweep(stage, timedelta(minutes=59))
    given_up = sweep(stage, timedelta(minutes=60))

    assert waiting == {"waiting": 1} | NOTHING
    assert given_up == {"given_up": 1} | NOTHING
    assert (now(photo).state, now(photo).reason) == (PhotoState.REJECTED, "never_uploaded")
    events = wiring.reads().events(ret.subject)
    assert chain_fault(events) is None
    assert events[-1].type == "photo.rejected"
    assert events[-1].data["code"] == "never_uploaded"


def test_a_file_that_is_there_is_never_too_late(stage: Stage, photo: Photo) -> None:
    put(stage, photo.upload_key, picture())

    assert sweep(stage, timedelta(hours=30)) == {"notified": 1} | NOTHING
    works(stage)
    assert now(photo).state is PhotoState.CLEAN


def test_a_run_that_comes_twice_does_no_harm(stage: Stage, ret: Return, photo: Photo) -> None:
    put(stage, photo.upload_key, picture())

    sweep(stage, DUE)
    late_sweep(stage, DUE)
    works(stage)
    lagging = late_sweep(stage, DUE + MINUTE)

    assert lagging == {"unchanged": 1} | NOTHING, "the list still has it"
    told = [event.type for event in wiring.reads().events(ret.subject)]
    assert told.count("photo.accepted") == 1


def test_where_the_worker_is_behind_notices_are_late_and_not_lost(
    stage: Stage, ret: Return, photo: Photo
) -> None:
    dying = arrives(stage, requested(stage, ret))
    for one in (photo, dying):
        put(stage, one.upload_key, picture())

    told = sweep(stage, DUE, is_behind=True)

    (message,) = stage.messages("uploads")
    assert told == {"waiting": 1, "notified": 1} | NOTHING
    assert dying.upload_key in message["body"], "its notice was used up"


def test_one_that_cannot_be_read_does_not_stop_the_others(
    stage: Stage, ret: Return, photo: Photo
) -> None:
    other = requested(stage, ret)
    for one in (photo, other):
        put(stage, one.upload_key, picture())
    sweep(stage, timedelta(0))
    stage.dynamodb.update_item(
        TableName="core",
        Key={"pk": {"S": f"RETURN#{ret.return_id}"}, "sk": {"S": f"PHOTO#{photo.photo_id}"}},
        UpdateExpression="SET body = :body",
        ExpressionAttributeValues={":body": {"S": '{"photo_id": 7}'}},
    )

    assert late_sweep(stage, DUE) == {"notified": 1, "failed": 1, "remaining": 0}


# --- imports -------------------------------------------------------------------------------------


@pytest.fixture
def job(stage: Stage) -> Job:
    context = stage.context()
    made = Job(
        job_id="job_1",
        kind=JobKind.IMPORT_ORDERS,
        state=JobState.AWAITING_UPLOAD,
        created_at=context.now,
        created_by="u1",
        created_role="admin",
        correlation_id="corr-7",
        updated_at=context.now,
    )
    return wiring.commands().run(
        lambda _: Decided(result=made, changes=Changes(records=(made,))), context=context
    )


def job_state() -> JobState:
    job = wiring.reads().job("job_1")
    assert job is not None
    return job.state


def test_the_file_of_an_import_that_s3_never_told_of_is_found(stage: Stage, job: Job) -> None:
    put(stage, service.import_key(job.job_id), b"a,b\n")

    assert sweep(stage, DUE) == {"notified": 1} | NOTHING
    works(stage)

    assert job_state() is JobState.QUEUED
    assert [json.loads(one["body"])["job_id"] for one in stage.messages("jobs")] == ["job_1"]
    assert sweep(stage, 2 * DUE) == NOTHING


def test_an_import_whose_file_never_came_is_cancelled(stage: Stage, job: Job) -> None:
    assert sweep(stage, timedelta(minutes=59)) == {"waiting": 1} | NOTHING
    assert sweep(stage, timedelta(minutes=60)) == {"given_up": 1} | NOTHING

    assert job_state() is JobState.CANCELLED


def test_the_function_tells_what_it_did(stage: Stage) -> None:
    event: dict[str, Any] = {
        "version": "0",
        "id": "event-1",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "1",
        "time": "2026-11-21T00:20:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {},
    }

    counts = app.app.handler_map["sweep_uploads"](event, LambdaContext(240))

    assert counts == {
        "notified": 0, "waiting": 0, "given_up": 0, "unchanged": 0, "failed": 0, "remaining": 0,
    }  # fmt: skip
