"""Defects that Amazon Rekognition sees in a clean photo, after its public API of 2016-06-27.

With a model of the merchant's own (Custom Labels, `REKOGNITION_MODEL`) its labels are defects by
themselves; without one, the general labels are asked for, and those of defect_labels.json count.
Whatever goes wrong, the photo is clean without proposals: nobody waits for a machine's opinion.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import telemetry
from chalicelib.uploads.analysing import PROPOSALS_MAX, Box, ImageAnalyst, ProposedDefect

if TYPE_CHECKING:
    from chalicelib.gateways.aws import Aws

BYTES_MAX = 4 * 1024 * 1024
"""What DetectCustomLabels takes; DetectLabels takes 5 MB."""
CONFIDENCE_MIN = 60
_LABELS_MAX = 100
_CODE = re.compile(r"[^a-z0-9]+")
_LABELS = Path(__file__).with_name("defect_labels.json")
log = telemetry.logger(__name__)


def analyst(aws: "Callable[[], Aws]", name: str, model: str) -> ImageAnalyst | None:
    """Who is set up; None for nobody."""
    return Rekognition(aws().rekognition, model=model) if name == "rekognition" else None


class Rekognition:
    """`client` is Any as there are no stubs of this service here."""

    def __init__(self, client: Any, *, model: str = "") -> None:
        self._client = client
        self._model = model

    def propose(self, jpeg: bytes) -> tuple[ProposedDefect, ...]:
        """The likeliest first."""
        if len(jpeg) > BYTES_MAX:
            log.warning("not analysed", extra={"code": "too_large", "bytes": len(jpeg)})
            return ()
        try:
            found = list(self._custom(jpeg) if self._model else self._general(jpeg))
        except ClientError as exc:
            return _unanswered(exc.response["Error"].get("Code", ""))
        except BotoCoreError as exc:
            return _unanswered(type(exc).__name__)
        except (LookupError, TypeError, ValueError) as exc:
            return _unanswered(f"unexpected answer: {type(exc).__name__}")
        found.sort(key=lambda one: -one.confidence)
        return tuple(found[:PROPOSALS_MAX])

    def _custom(self, jpeg: bytes) -> Iterator[ProposedDefect]:
        answer = self._client.detect_custom_labels(
            ProjectVersionArn=self._model,
            Image={"Bytes": jpeg},
            MaxResults=_LABELS_MAX,
            MinConfidence=float(CONFIDENCE_MIN),
        )
        for label in answer.get("CustomLabels", []):
            yield _defect(_custom_code(label["Name"]), label, label.get("Geometry", {}))

    def _general(self, jpeg: bytes) -> Iterator[ProposedDefect]:
        answer = self._client.detect_labels(
            Image={"Bytes": jpeg},
            MaxLabels=_LABELS_MAX,
            MinConfidence=float(CONFIDENCE_MIN),
            Features=["GENERAL_LABELS"],
        )
        for label in answer.get("Labels", []):
            code = _codes().get(label["Name"])
            if code is None:
                continue
            seen = label.get("Instances", [])
            yield from (_defect(code, one, one) for one in seen)
            if not seen:
                yield _defect(code, label, {})


def _defect(code: str, label: Mapping[str, Any], place: Mapping[str, Any]) -> ProposedDefect:
    """Any: JSON of the service."""
    box = place.get("BoundingBox")
    return ProposedDefect(
        code=code,
        confidence=max(0, min(100, round(label["Confidence"]))),
        box=_box(box) if box else None,
    )


def _box(box: Mapping[str, float]) -> Box:
    """Rekognition says shares of the side; what reaches beyond the picture is cut off."""
    left, top = _thousandths(box["Left"]), _thousandths(box["Top"])
    return Box(
        left=left,
        top=top,
        width=min(1000 - left, _thousandths(box["Width"])),
        height=min(1000 - top, _thousandths(box["Height"])),
    )


def _thousandths(share: float) -> int:
    return max(0, min(1000, round(share * 1000)))


def _custom_code(name: str) -> str:
    """`Deep scratch` → `deep_scratch`, but a label that we know has our own code."""
    return _codes().get(name) or _CODE.sub("_", name.lower()).strip("_")[:64] or "unnamed"


@cache
def _codes() -> dict[str, str]:
    """Which general labels are defects, and what we call them."""
    found: dict[str, str] = json.loads(_LABELS.read_text(encoding="utf-8"))
    return found


def _unanswered(code: str) -> tuple[ProposedDefect, ...]:
    log.warning("not analysed", extra={"code": code})
    telemetry.count("image_analysis_failed")
    return ()
