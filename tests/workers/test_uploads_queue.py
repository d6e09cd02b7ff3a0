"""Uploads: photos are cleaned or rejected once, imports begin, and nothing else is let in."""

import io
import json
import random
from dataclasses import replace
from typing import Any
from urllib.parse import quote_plus

import pytest
from PIL import Image

from chalicelib import wiring
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, Invalid, NotFound
from chalicelib.core.events import chain_fault
from chalicelib.gateways.images import clean_image
from chalicelib.jobs.model import Job, JobKind, JobState
from chalicelib.returns.model import LinkedDocument, Return
from chalicelib.uploads import service
from chalicelib.uploads.model import Photo, PhotoState
from chalicelib.workers.uploads_queue import digest_of, index_uploads, keep
from tests.stage import BUCKET, Stage, run_queue_worker
from tests.story import Story

JPEG = service.RequestPhoto(content_type="image/jpeg", size=1000)


@pytest.fixture
def ret(stage: Stage) -> Return:
    story = Story(stage)
    story.stock("S1", "S2")
    story.order("O1")
    return story.return_("O1")


@pytest.fixture
def photo(stage: Stage, ret: Return) -> Photo:
    return requested(stage, ret)


def requested(
    stage: Stage, ret: Return, command: service.RequestPhoto = JPEG, who: str = "customer"
) -> Photo:
    context = stage.context(who)
    return wiring.commands().run(
        lambda reads: service.request_photo(reads, ret.return_id, command, context),
        context=context,
    )


def picture(image_format: str = "JPEG") -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    Image.new("RGB", (64, 48), "red").save(out, image_format, exif=exif)
    return out.getvalue()


def notice(*keys: str, name: str = "ObjectCreated:Post", bucket: str = BUCKET) -> str:
    records = [
        {
            "eventName": name,
            "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(key), "size": 9}},
        }
        for key in keys
    ]
    return json.dumps({"Records": records})


def put(stage: Stage, key: str, content: bytes) -> None:
    stage.s3.put_object(Bucket=BUCKET, Key=key, Body=content)


def told(ret: Return) -> list[str]:
    events = wiring.reads().events(ret.subject)
    assert chain_fault(events) is None
    return [event.type for event in events if event.type.startswith("photo.")]


def test_a_photo_is_cleaned_kept_and_told_in_the_timeline(
    stage: Stage, ret: Return, photo: Photo
) -> None:
    put(stage, photo.upload_key, picture())

    assert run_queue_worker(index_uploads, notice(photo.upload_key)) == []

    (kept,) = wiring.reads().photos(ret.return_id)
    assert (kept.state, kept.width, kept.height) == (PhotoState.CLEAN, 64, 48)
    assert (kept.clean_key or "").startswith(f"files/photos/{ret.return_id}/{photo.photo_id}-")
    served = stage.objects("files/")
    assert sorted(served) == sorted([kept.clean_key or "", kept.thumbnail_key or ""])
    assert b"secret place" not in b"".join(served.values())
    assert stage.objects("uploads/") == {}
    assert told(ret) == ["photo.accepted"]
    now = wiring.reads().return_(ret.return_id)
    assert now is not None
    assert now.version == ret.version + 1
    assert LinkedDocument(kind="photo", ref=photo.photo_id) in now.documents


def test_of_two_files_that_are_looked_at_at_once_the_one_that_was_judged_is_served(
    stage: Stage, ret: Return, photo: Photo
) -> None:
    """A form may be used twice. What is told of one file is not told of the other."""
    put(stage, photo.upload_key, scene(1))
    assert run_queue_worker(index_uploads, notice(photo.upload_key)) == []
    (judged,) = wiring.reads().photos(ret.return_id)
    served = stage.objects("files/")

    late = scene(2)
    keep(photo, clean_image(late), digest_of(late), stage.context())

    assert wiring.reads().photos(ret.return_id) == [judged]
    assert stage.objects("files/") == served


def scene(seed: int) -> bytes:
    """A picture with something on it, each seed another."""
    drawn = Image.new("L", (8, 8))
    shades = random.Random(seed).choices(range(256), k=64)
    drawn.putdata(shades)
    out = io.BytesIO()
    drawn.convert("RGB").resize((256, 256)).save(out, "JPEG")
    return out.getvalue()


def test_the_picture_of_another_return_marks_the_return(
    stage: Stage, ret: Return, photo: Photo
) -> None:
    story = Story(stage)
    story.order("O2")
    later = story.return_("O2")
    again, other = requested(stage, later), requested(stage, later)
    for one, content in ((photo, scene(1)), (again, scene(1)), (other, scene(2))):
        put(stage, one.upload_key, content)
        assert run_queue_worker(index_uploads, notice(one.upload_key)) == []

    first, second = wiring.reads().returns_of([ret.return_id, later.return_id])
    assert (first.photo_reused_from, second.photo_reused_from) == ((), (ret.return_id,))
    assert told(later) == ["photo.accepted", "photo.accepted"]
    marks = [e for e in wiring.reads().events(later.subject) if e.type == "return.photo_reused"]
    assert [mark.data["photo_id"] for mark in marks] == [again.photo_id]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"MZ\x90\x00 not a picture", "not_an_image"),
        (b"<svg onload='alert(1)'>", "unsupported_format"),
        (picture()[:200], "corrupt_image"),
        (b"\xff\xd8\xff" + b"x" * (service.PHOTO_BYTES_MAX + 1), "file_too_large"),
        (b"", "not_an_image"),
    ],
    ids=["program", "svg", "cut off", "too large", "empty"],
)
def test_what_is_no_photo_is_rejected_with_its_code_and_not_served(
    stage: Stage, ret: Return, photo: Photo, content: bytes, code: str
) -> None:
    put(stage, photo.upload_key, content)

    assert run_queue_worker(index_uploads, notice(photo.upload_key)) == []

    (kept,) = wiring.reads().photos(ret.return_id)
    assert (kept.state, kept.reason, kept.clean_key) == (PhotoState.REJECTED, code, None)
    assert stage.objects("files/") == stage.objects("uploads/") == {}
    assert told(ret) == ["photo.rejected"]
    now = wiring.reads().return_(ret.return_id)
    assert now is not None
    assert now.documents == ret.documents, "no paper of the return"
    assert stage.messages("uploads-dlq") == []


def test_a_notice_that_comes_again_or_late_changes_nothing(
    stage: Stage, ret: Return, photo: Photo
) -> None:
    put(stage, photo.upload_key, picture())
    twice = (notice(photo.upload_key), notice(photo.upload_key))
    assert run_queue_worker(index_uploads, *twice) == []
    # Somebody used the form again: what was shown once stays what it was.
    put(stage, photo.upload_key, b"something else")
    assert run_queue_worker(index_uploads, notice(photo.upload_key)) == []

    (kept,) = wiring.reads().photos(ret.return_id)
    assert kept.state is PhotoState.CLEAN
    assert told(ret) == ["photo.accepted"]
    assert stage.objects("uploads/") == {}
    assert stage.objects("quarantine/") == {
        service.quarantine_key(ret.return_id, photo.photo_id, digest_of(picture())): picture()
    }


def test_a_photo_that_is_not_there_yet_is_tried_again(
    stage: Stage, ret: Return, photo: Photo
) -> None:
    assert run_queue_worker(index_uploads, notice(photo.upload_key)) == ["m0"]
    assert told(ret) == []


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("uploads/photos/ret_1/pho_1", "unknown_photo"),
        ("uploads/imports/job_1", "unknown_import"),
        ("uploads/else.bin", "unknown_upload"),
        ("uploads/photos/ret_1/../../x", "unknown_upload"),
        ("uploads/photos/a b/c", "unknown_upload"),
        ("files/photos/ret_1/pho_1.jpg", "unknown_upload"),
    ],
)
def test_an_unknown_key_goes_to_the_dead_letters(stage: Stage, key: str, reason: str) -> None:
    assert run_queue_worker(index_uploads, notice(key)) == []

    (letter,) = stage.messages("uploads-dlq")
    assert letter["reason"].startswith(reason)


def test_a_foreign_bucket_goes_to_the_dead_letters(stage: Stage, ret: Return, photo: Photo) -> None:
    assert run_queue_worker(index_uploads, notice(photo.upload_key, bucket="theirs")) == []

    assert len(stage.messages("uploads-dlq")) == 1


def test_the_test_message_of_s3_and_deletions_are_ignored(stage: Stage, photo: Photo) -> None:
    test = '{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"files"}'

    assert (
        run_queue_worker(index_uploads, test, notice(photo.upload_key, name="ObjectRemoved:Delete"))
        == []
    )
    assert stage.messages("uploads-dlq") == []


def test_one_bad_file_of_a_notice_does_not_keep_the_others_waiting(
    stage: Stage, ret: Return, photo: Photo
) -> None:
    put(stage, photo.upload_key, picture("PNG"))

    assert run_queue_worker(index_uploads, notice("uploads/x", photo.upload_key)) == []

    assert told(ret) == ["photo.accepted"]
    assert len(stage.messages("uploads-dlq")) == 1


# --- imports -------------------------------------------------------------------------------------


def awaited(stage: Stage, **changes: Any) -> Job:
    context = stage.context()
    job = Job(
        job_id="job_1",
        kind=JobKind.IMPORT_ORDERS,
        state=JobState.AWAITING_UPLOAD,
        created_at=context.now,
        created_by="u1",
        created_role="admin",
        correlation_id="corr-7",
        updated_at=context.now,
    )
    job = replace(job, **changes)
    return wiring.commands().run(
        lambda _: Decided(result=job, changes=Changes(records=(job,))), context=context
    )


def job_messages(stage: Stage) -> list[dict[str, Any]]:
    return [json.loads(message["body"]) for message in stage.messages("jobs")]


def test_the_file_of_an_import_queues_its_job(stage: Stage) -> None:
    job = awaited(stage)

    assert run_queue_worker(index_uploads, notice(service.import_key(job.job_id))) == []

    now = wiring.reads().job("job_1")
    assert now is not None
    assert (now.state, now.version) == (JobState.QUEUED, 2)
    assert job_messages(stage) == [{"job_id": "job_1", "correlation_id": "corr-7"}]


def test_a_job_that_waits_is_sent_again_because_the_first_message_may_be_lost(
    stage: Stage,
) -> None:
    job = awaited(stage, state=JobState.QUEUED)

    run_queue_worker(index_uploads, notice(service.import_key(job.job_id)))

    assert [message["job_id"] for message in job_messages(stage)] == ["job_1"]


@pytest.mark.parametrize(
    "state", [JobState.RUNNING, JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED]
)
def test_a_job_that_began_is_left_alone(stage: Stage, state: JobState) -> None:
    job = awaited(stage, state=state)

    assert run_queue_worker(index_uploads, notice(service.import_key(job.job_id))) == []

    now = wiring.reads().job("job_1")
    assert now is not None
    assert now.state is state
    assert job_messages(stage) == []


# --- asking for a photo --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (replace(JPEG, content_type="image/gif"), "unsupported_content_type"),
        (replace(JPEG, size=0), "photo_too_large"),
        (replace(JPEG, size=service.PHOTO_BYTES_MAX + 1), "photo_too_large"),
        (replace(JPEG, line_no="9"), "unknown_line"),
    ],
    ids=["type", "empty", "large", "line"],
)
def test_a_photo_that_could_not_be_taken_is_not_asked_for(
    stage: Stage, ret: Return, command: service.RequestPhoto, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        requested(stage, ret, command)

    assert refused.value.code == code


def test_a_return_has_a_limited_number_of_photos(stage: Stage, ret: Return) -> None:
    photos = [requested(stage, ret, who="inspector") for _ in range(service.PHOTOS_MAX)]
    assert len({photo.photo_id for photo in photos}) == service.PHOTOS_MAX

    with pytest.raises(Conflict) as refused:
        requested(stage, ret, who="inspector")

    assert refused.value.code == "too_many_photos"


def test_customers_leave_room_for_what_inspectors_have_to_show(stage: Stage, ret: Return) -> None:
    for _ in range(service.CUSTOMERS_PHOTOS_MAX):
        requested(stage, ret)

    with pytest.raises(Conflict) as refused:
        requested(stage, ret)

    assert refused.value.code == "too_many_photos"
    assert requested(stage, ret, who="inspector").requested_as == "inspector"


def test_a_photo_of_no_return_is_not_asked_for(stage: Stage, ret: Return) -> None:
    with pytest.raises(NotFound):
        requested(stage, replace(ret, return_id="ret_none"))
