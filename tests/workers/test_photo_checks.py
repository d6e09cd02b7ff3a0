"""What is kept of a photo, measured of it and seen in it; and one that cannot be looked at."""

import io

import pytest
from PIL import Image

from chalicelib import wiring
from chalicelib.returns.model import Return
from chalicelib.uploads import service
from chalicelib.uploads.model import Photo, PhotoState
from chalicelib.workers.uploads_queue import digest_of, index_uploads
from tests import heic
from tests.rekognition import Rekognition
from tests.stage import BUCKET, Stage, run_queue_worker
from tests.story import Story
from tests.workers.test_uploads_queue import notice, picture, put, requested, scene


@pytest.fixture
def ret(stage: Stage) -> Return:
    story = Story(stage)
    story.stock("S1", "S2")
    story.order("O1")
    return story.return_("O1")


@pytest.fixture
def photo(stage: Stage, ret: Return) -> Photo:
    return requested(stage, ret)


def arrives(stage: Stage, photo: Photo) -> Photo:
    context = stage.context()
    return wiring.commands().run(
        lambda reads: service.photo_arrived(reads, photo.return_id, photo.photo_id, context),
        context=context,
    )


def test_the_original_goes_to_quarantine_as_it_came(
    stage: Stage, ret: Return, photo: Photo
) -> None:
    put(stage, photo.upload_key, picture())

    run_queue_worker(index_uploads, notice(photo.upload_key))

    key = service.quarantine_key(ret.return_id, photo.photo_id, digest_of(picture()))
    assert stage.objects("quarantine/") == {key: picture()}
    stored = stage.s3.head_object(Bucket=BUCKET, Key=key)
    assert stored["ContentType"] == "application/octet-stream", "no browser opens it"


def test_a_small_picture_lies_beside_the_clean_one(stage: Stage, ret: Return, photo: Photo) -> None:
    put(stage, photo.upload_key, scene(1))

    run_queue_worker(index_uploads, notice(photo.upload_key))

    (kept,) = wiring.reads().photos(ret.return_id)
    small = Image.open(io.BytesIO(stage.objects()[kept.thumbnail_key or ""]))
    assert (small.format, small.size, dict(small.getexif())) == ("JPEG", (256, 256), {})


def test_what_people_could_do_little_with_is_hinted_at_and_clean_all_the_same(
    stage: Stage, ret: Return, photo: Photo
) -> None:
    out = io.BytesIO()
    Image.new("RGB", (640, 200), (4, 4, 4)).save(out, "JPEG")
    put(stage, photo.upload_key, out.getvalue())

    run_queue_worker(index_uploads, notice(photo.upload_key))

    (kept,) = wiring.reads().photos(ret.return_id)
    assert (kept.state, kept.hints) == (PhotoState.CLEAN, ("too_dark", "too_small"))
    assert (kept.exposure, kept.sharpness) == (4, 0)


def test_a_photo_of_a_telephone_is_as_good_as_any(stage: Stage, ret: Return, photo: Photo) -> None:
    put(stage, photo.upload_key, heic.TURNED)

    run_queue_worker(index_uploads, notice(photo.upload_key))

    (kept,) = wiring.reads().photos(ret.return_id)
    assert (kept.state, kept.width, kept.height) == (PhotoState.CLEAN, 64, 96)


def test_a_photo_that_ends_the_function_each_time_is_given_up_on(
    stage: Stage, ret: Return, photo: Photo
) -> None:
    put(stage, photo.upload_key, picture())
    states = []
    for _ in range(service.TRIES_MAX):
        # It arrives, and whoever looks at it is gone.
        states.append(arrives(stage, photo).state)

    assert run_queue_worker(index_uploads, notice(photo.upload_key)) == []

    (kept,) = wiring.reads().photos(ret.return_id)
    assert states == [PhotoState.UPLOADED] * service.TRIES_MAX
    assert (kept.state, kept.reason) == (PhotoState.REJECTED, "check_failed")
    assert stage.objects("uploads/") == {}


def test_what_a_machine_sees_is_kept_beside_the_photo(
    stage: Stage, ret: Return, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGE_ANALYST", "rekognition")
    put(stage, photo.upload_key, scene(1))

    with Rekognition("127.0.0.1") as service_:
        monkeypatch.setenv("AWS_ENDPOINT_URL_REKOGNITION", service_.url)
        service_.answers({"Labels": [{"Name": "Scratch", "Confidence": 91.2, "Instances": []}]})
        run_queue_worker(index_uploads, notice(photo.upload_key))

    (kept,) = wiring.reads().photos(ret.return_id)
    (seen,) = kept.defects_proposed
    assert (seen.code, seen.confidence, seen.proposed_by) == ("scratch", 91, "machine")


def test_a_machine_that_fails_keeps_no_photo_waiting(
    stage: Stage, ret: Return, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGE_ANALYST", "rekognition")
    put(stage, photo.upload_key, scene(1))

    with Rekognition("127.0.0.1") as service_:
        monkeypatch.setenv("AWS_ENDPOINT_URL_REKOGNITION", service_.url)
        service_.fails(400, "ProvisionedThroughputExceededException")
        run_queue_worker(index_uploads, notice(photo.upload_key))

    (kept,) = wiring.reads().photos(ret.return_id)
    assert (kept.state, kept.defects_proposed) == (PhotoState.CLEAN, ())
