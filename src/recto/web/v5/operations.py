"""What the compatible API's operations mean here: one line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recto.pipeline import Recipe

CANONICAL_PREFIX = "/v5.0/ocr/"
PREFIXES = ("/v5.0/ocr/", "/v5.0/", "/v5.1/ocr/", "/v5.1/", "/v5/ocr/", "/v5/")
"""Every spelling that clients and docs use; longer ones before their own beginnings."""

UPSAMPLE = "upsample"


@dataclass(frozen=True)
class Operation:
    """One operation of the compatible API.

    Attributes
    ----------
    name : str
        Its path below the prefix.
    filter : str
        The filter that does it.
    summary : str
    aliases : tuple of str
        Other names for it.
    """

    name: str
    filter: str
    summary: str
    aliases: tuple[str, ...] = ()


CURRENT = (
    Operation("BinarizeImage", "binarize", "Make a page black on white."),
    Operation("DeskewImage", "deskew", "Straighten a page that was scanned at an angle."),
    Operation("DewarpImage", "dewarp", "Flatten a page that is curved or seen from the side."),
    Operation("UpscaleImage", UPSAMPLE, "Enlarge a page and keep its text sharp."),
)

DEPRECATED = (
    Operation("ImageProcessing/PostBinarizationFile", "binarize", "Make a page black on white."),
    Operation("ImageProcessing/PostSkewCorrectionFile", "deskew", "Straighten a page that was scanned at an angle."),
    Operation("ImageProcessing/PostDewarpingFile", "dewarp", "Flatten a page that is curved or seen from the side."),
    Operation(
        "ImageProcessing/PostUpsamplingImageFile",
        UPSAMPLE,
        "Enlarge a page and keep its text sharp.",
        aliases=("ImageProcessing/PostUpsamplingFile",),
    ),
)

GET_RESULT_TASK = "ImageProcessing/GetResultTask"
GET_RESULT_FILE = "ImageProcessing/GetResultFile"
GET_TASK_STATUS = "Utilities/GetTaskStatus"

ELSEWHERE = (
    "RecognizeImage",
    "RecognizeImageTrial",
    "RecognizePdf",
    "RecognizeReceipt",
    "RecognizeRegions",
    "RecognizeTable",
    "RecognizeLabel",
    "RecognizeAndParseInvoice",
    "IdentifyFont",
    "DetectRegions",
    "DjVu2PDF",
    "ConvertTextToSpeech",
    "ConvertTextToSpeechTrial",
    "TextToSpeech/PostTextToSpeech",
    "TextToSpeech/GetTextToSpeechResult",
    "TextToSpeech/GetTextToSpeechResultFile",
)
"""Operations of the vendor's API that Recto does not do."""


def recipe_of(operation: Operation, upscale_factor: int) -> Recipe:
    """The recipe that does an operation."""
    step: dict[str, Any] = {"filter": operation.filter}
    if operation.filter == UPSAMPLE:
        step["scale"] = upscale_factor
    return [step]


def names_here() -> tuple[str, ...]:
    """Every operation that is done here, in the canonical spelling."""
    posts = tuple(operation.name for operation in CURRENT + DEPRECATED)
    return (*posts, GET_RESULT_TASK, GET_RESULT_FILE, GET_TASK_STATUS)
