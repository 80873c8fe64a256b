"""The compatible API's bodies, written down once.

Clients refuse any member that is not listed here and any value that is not in the enums, so nothing may be added:
what else there is to say goes into headers.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class TaskStatus(StrEnum):
    """Where a task is."""

    PENDING = "Pending"
    PROCESSING = "Processing"
    COMPLETED = "Completed"
    ERROR = "Error"
    NOT_EXIST = "NotExist"


class ResponseStatusCode(StrEnum):
    """What the answer holds."""

    OK = "Ok"
    PARTIALLY_NOT_FOUND = "PartiallyNotFound"
    NO_ANY_RESULT_DATA = "NoAnyResultData"
    RESULT_DATA_LOST = "ResultDataLost"
    TASK_NOT_FOUND = "TaskNotFound"
    NOT_READY = "NotReady"
    ERROR = "Error"


class ResultType(StrEnum):
    """What a result is; Recto's filters give pictures."""

    IMAGE_PNG = "ImagePNG"


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OCRResult(_Closed):
    """One page."""

    type: ResultType
    data: str = Field(description="The PNG in standard base64, without line breaks.")


class OCRError(_Closed):
    """Why there is no result."""

    messages: list[str] = Field(description="Never empty.")
    warnings: list[str]


class OCRResponse(_Closed):
    """A task as the compatible API tells it."""

    id: str
    responseStatusCode: ResponseStatusCode  # noqa: N815 - the API's own spelling
    taskStatus: TaskStatus  # noqa: N815
    results: list[OCRResult] | None = Field(description="One entry per page, page 1 first; null when there is none.")
    error: OCRError | None = Field(description="null on success.")


class OCRImageBody(BaseModel):
    """What BinarizeImage, DeskewImage, DewarpImage and UpscaleImage take; unknown members are ignored."""

    image: str = Field(description="The picture or document in base64.")
