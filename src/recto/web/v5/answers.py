"""From a task of ours to what the compatible API says about it."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from recto.service import TaskState, TaskView
from recto.web.headers import header_text
from recto.web.v5.models import OCRError, OCRResponse, OCRResult, ResponseStatusCode, ResultType, TaskStatus

_OPEN = {TaskState.PENDING: TaskStatus.PENDING, TaskState.PROCESSING: TaskStatus.PROCESSING}


@dataclass(frozen=True)
class Found:
    """A task and, where it was asked for and there is one, its result.

    Attributes
    ----------
    task_id : str
        As it was asked for.
    view : TaskView or None
        None for unknown, expired and cancelled tasks and for those of other clients.
    pages : tuple of bytes or None
        A PNG per page.
    lost : bool
        It is done, but its result is not there any more.
    """

    task_id: str
    view: TaskView | None
    pages: tuple[bytes, ...] | None = None
    lost: bool = False


def status_of(found: Found) -> tuple[TaskStatus, ResponseStatusCode]:
    """What is known without the result."""
    view = found.view
    if view is None or view.state is TaskState.CANCELLED:
        return TaskStatus.NOT_EXIST, ResponseStatusCode.TASK_NOT_FOUND
    if view.state in _OPEN:
        return _OPEN[view.state], ResponseStatusCode.NOT_READY
    if view.state is TaskState.FAILED:
        return TaskStatus.ERROR, ResponseStatusCode.ERROR
    if found.lost:
        return TaskStatus.NOT_EXIST, ResponseStatusCode.RESULT_DATA_LOST
    return TaskStatus.COMPLETED, ResponseStatusCode.OK


def status_answer(found: Found) -> OCRResponse:
    """The answer of GetTaskStatus: never with results."""
    task, code = status_of(found)
    return OCRResponse(
        id=_id(found), responseStatusCode=code, taskStatus=task, results=None, error=_failure(found.view)
    )


def result_answer(found: Found, *, notes_in_messages: bool = False) -> OCRResponse:
    """The answer of the result GETs; encodes every page, so not for the event loop."""
    task, code = status_of(found)
    results: list[OCRResult] | None = None
    error = _failure(found.view)
    if task is TaskStatus.COMPLETED:
        assert found.view is not None
        assert found.pages is not None
        code = _completeness(len(found.pages), found.view.pages)
        results = [
            OCRResult(type=ResultType.IMAGE_PNG, data=base64.b64encode(page).decode("ascii")) for page in found.pages
        ]
        if notes_in_messages and found.view.notes:
            error = OCRError(messages=list(found.view.notes), warnings=[])
    return OCRResponse(id=_id(found), responseStatusCode=code, taskStatus=task, results=results, error=error)


def headers_of(found: Found) -> dict[str, str]:
    """What the bodies have no place for: the status, the number of pages, and the filters' notes."""
    status = status_of(found)[0]
    headers = {"X-Task-Status": status.value}
    if found.view is not None and status is TaskStatus.COMPLETED:
        headers["X-Recto-Pages"] = str(found.view.pages)
        if found.view.notes:
            headers["X-Recto-Notes"] = header_text("; ".join(found.view.notes))
    return headers


def _id(found: Found) -> str:
    return found.task_id if found.view is None else found.view.id


def _failure(view: TaskView | None) -> OCRError | None:
    if view is None or view.state is not TaskState.FAILED:
        return None
    return OCRError(messages=[view.error or "The task failed."], warnings=[])


def _completeness(found: int, expected: int) -> ResponseStatusCode:
    if found == 0:
        return ResponseStatusCode.NO_ANY_RESULT_DATA
    return ResponseStatusCode.OK if found >= expected else ResponseStatusCode.PARTIALLY_NOT_FOUND
