"""Defects that Rekognition proposes: what it is asked, what is made of its answers and failures."""

import threading
from collections.abc import Iterator

import boto3
import pytest
from botocore.config import Config

from chalicelib.gateways.aws import Aws
from chalicelib.gateways.rekognition import BYTES_MAX, Rekognition, analyst
from chalicelib.uploads.analysing import PROPOSALS_MAX, Box, ProposedDefect
from tests import rekognition

JPEG = b"\xff\xd8\xff a picture"
MODEL = "arn:aws:rekognition:eu-central-1:123456789012:project/defects/version/3/1"
PLACE = {"Left": 0.25, "Top": 0.5, "Width": 0.1254, "Height": 0.9}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[rekognition.Rekognition]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with rekognition.Rekognition("127.0.0.1") as running:
        yield running


def asking(service: rekognition.Rekognition, *, model: str = "") -> Rekognition:
    aws = Aws(region="eu-central-1", endpoint_url=service.url)
    return Rekognition(aws.rekognition, model=model)


def test_general_labels_that_are_defects_are_proposed(service: rekognition.Rekognition) -> None:
    service.answers(
        {
            "Labels": [
                {"Name": "Cup", "Confidence": 99.9, "Instances": []},
                {"Name": "Stain", "Confidence": 71.5, "Instances": []},
                {
                    "Name": "Crack",
                    "Confidence": 95.0,
                    "Instances": [{"BoundingBox": PLACE, "Confidence": 88.4}],
                },
            ],
            "LabelModelVersion": "3.0",
        }
    )

    found = asking(service).propose(JPEG)

    assert found == (
        ProposedDefect(
            code="crack", confidence=88, box=Box(left=250, top=500, width=125, height=500)
        ),
        ProposedDefect(code="stain", confidence=72),
    )
    assert service.images == [JPEG]
    assert service.asked[0][0] == "DetectLabels"


def test_every_label_of_an_own_model_is_a_defect(service: rekognition.Rekognition) -> None:
    service.answers(
        {
            "CustomLabels": [
                {"Name": "Deep scratch", "Confidence": 80.0, "Geometry": {"BoundingBox": PLACE}},
                {"Name": "Dent", "Confidence": 60.2},
            ]
        }
    )

    found = asking(service, model=MODEL).propose(JPEG)

    assert [(one.code, one.box is not None) for one in found] == [
        ("deep_scratch", True),
        ("dent", False),
    ]
    operation, request = service.asked[0]
    assert (operation, request["ProjectVersionArn"]) == ("DetectCustomLabels", MODEL)


def test_only_the_likeliest_are_kept(service: rekognition.Rekognition) -> None:
    shares = range(60, 60 + 2 * PROPOSALS_MAX)
    service.answers({"CustomLabels": [{"Name": f"d{n}", "Confidence": float(n)} for n in shares]})

    found = asking(service, model=MODEL).propose(JPEG)

    assert [one.confidence for one in found] == list(reversed(shares))[:PROPOSALS_MAX]


@pytest.mark.parametrize(
    "code",
    [
        "ProvisionedThroughputExceededException",
        "InvalidImageFormatException",
        "ResourceNotReadyException",
        "AccessDeniedException",
        "Unheard-of",
    ],
)
def test_whatever_it_refuses_proposes_nothing(service: rekognition.Rekognition, code: str) -> None:
    service.fails(400, code)

    assert asking(service).propose(JPEG) == ()
    assert len(service.asked) == 1, "a photo does not wait for a second attempt"


@pytest.mark.parametrize(
    "text",
    ["", "<html>", "{}", '{"Labels": [{"Name": "Crack"}]}', '{"Labels": [{"Confidence": 9}]}'],
)
def test_an_answer_that_says_nothing_proposes_nothing(
    service: rekognition.Rekognition, text: str
) -> None:
    service.says(text)

    assert asking(service).propose(JPEG) == ()


def test_one_that_does_not_answer_is_not_waited_for(service: rekognition.Rekognition) -> None:
    service.pause = threading.Event()
    client = boto3.client(
        "rekognition",
        region_name="eu-central-1",
        endpoint_url=service.url,
        config=Config(read_timeout=0.2, retries={"total_max_attempts": 1}),
    )

    assert Rekognition(client).propose(JPEG) == ()


def test_the_client_of_a_process_waits_seconds_and_asks_once(
    service: rekognition.Rekognition,
) -> None:
    config = Aws(region="eu-central-1", endpoint_url=service.url).rekognition.meta.config

    assert (config.connect_timeout, config.read_timeout) == (1, 5)
    assert config.retries["total_max_attempts"] == 1


def test_what_is_above_its_limit_is_not_sent(service: rekognition.Rekognition) -> None:
    assert asking(service).propose(JPEG + b"\0" * BYTES_MAX) == ()
    assert service.asked == []


@pytest.mark.parametrize(("name", "is_on"), [("", False), ("other", False), ("rekognition", True)])
def test_nobody_is_asked_unless_a_stage_says_so(
    service: rekognition.Rekognition, name: str, is_on: bool
) -> None:
    aws = Aws(region="eu-central-1", endpoint_url=service.url)

    assert (analyst(lambda: aws, name, "") is not None) is is_on
