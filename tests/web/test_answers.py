"""Every state in the words that the vendor's clients know, and in no others."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from aspose_ocr_cloud.models.ocr_error import OCRError as TheirError
from aspose_ocr_cloud.models.ocr_response import OCRResponse as TheirResponse
from aspose_ocr_cloud.models.ocr_result import OCRResult as TheirResult
from aspose_ocr_cloud.models.ocr_task_status import OCRTaskStatus as TheirStatus
from aspose_ocr_cloud.models.response_status_code import ResponseStatusCode as TheirCode
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from recto.service import TaskState, TaskView
from recto.web.headers import MAX_NOTES_CHARS, header_text
from recto.web.v5.answers import Found, headers_of, result_answer, status_answer
from recto.web.v5.models import OCRError, OCRResponse, OCRResult, ResponseStatusCode, TaskStatus

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DONE = TaskView("id-1", TaskState.COMPLETED, "DeskewImage", 1, None, (), NOW, NOW)
PNG = b"\x89PNG picture"


def test_our_enums_are_theirs() -> None:
    assert {member.value for member in TaskStatus} == {member.value for member in TheirStatus}
    assert {member.value for member in ResponseStatusCode} == {member.value for member in TheirCode}


def test_our_members_are_theirs() -> None:
    for ours, theirs in ((OCRResponse, TheirResponse), (OCRResult, TheirResult), (OCRError, TheirError)):
        names = {field.alias or name for name, field in theirs.model_fields.items()}
        assert set(ours.model_fields) == names


@pytest.mark.parametrize(
    ("view", "pages", "task", "code", "results"),
    [
        (None, None, "NotExist", "TaskNotFound", None),
        (replace(DONE, state=TaskState.CANCELLED), None, "NotExist", "TaskNotFound", None),
        (replace(DONE, state=TaskState.PENDING, pages=0), None, "Pending", "NotReady", None),
        (replace(DONE, state=TaskState.PROCESSING, pages=0), None, "Processing", "NotReady", None),
        (replace(DONE, state=TaskState.FAILED, error="no", pages=0), None, "Error", "Error", None),
        (DONE, (PNG,), "Completed", "Ok", 1),
        (replace(DONE, pages=3), (PNG, PNG, PNG), "Completed", "Ok", 3),
        (replace(DONE, pages=3), (PNG, PNG), "Completed", "PartiallyNotFound", 2),
        (replace(DONE, pages=0), (), "Completed", "NoAnyResultData", 0),
        (DONE, None, "NotExist", "ResultDataLost", None),
    ],
)
def test_every_state(
    view: TaskView | None, pages: tuple[bytes, ...] | None, task: str, code: str, results: int | None
) -> None:
    lost = code == "ResultDataLost"
    found = Found("asked", view, pages, lost=lost)
    told = json.loads(result_answer(found).model_dump_json())
    assert headers_of(found)["X-Task-Status"] == task
    assert set(told) == {"id", "taskStatus", "responseStatusCode", "results", "error"}
    assert (told["taskStatus"], told["responseStatusCode"]) == (task, code)
    assert told["id"] == ("asked" if view is None else "id-1")
    assert (None if told["results"] is None else len(told["results"])) == results
    if task == "Error":
        assert told["error"] == {"messages": ["no"], "warnings": []}
    else:
        assert told["error"] is None
    for result in told["results"] or ():
        assert result == {"type": "ImagePNG", "data": base64.b64encode(PNG).decode()}
    theirs = TheirResponse.from_dict(told)
    assert theirs is not None
    assert theirs.task_status == task


def test_a_status_never_holds_results() -> None:
    told = status_answer(Found("asked", DONE))
    assert (told.taskStatus, told.responseStatusCode, told.results) == (
        TaskStatus.COMPLETED,
        ResponseStatusCode.OK,
        None,
    )


def test_a_failure_always_has_a_message() -> None:
    told = result_answer(Found("asked", replace(DONE, state=TaskState.FAILED, error=None)))
    assert told.error is not None
    assert told.error.messages


def test_notes_are_in_a_header_and_only_on_request_in_the_body() -> None:
    found = Found("asked", replace(DONE, notes=("deskew: left as it is: straight", "second")), (PNG,))
    assert headers_of(found)["X-Recto-Notes"] == "deskew: left as it is: straight; second"
    assert result_answer(found).error is None
    told = result_answer(found, notes_in_messages=True)
    assert told.error is not None
    assert told.error.messages == ["deskew: left as it is: straight", "second"]
    assert told.taskStatus is TaskStatus.COMPLETED
    without = result_answer(Found("asked", DONE, (PNG,)), notes_in_messages=True)
    assert without.error is None


@given(st.text(max_size=3000))
@examples(max_examples=200, derandomize=True)
def test_any_note_is_a_sound_header(text: str) -> None:
    header = header_text(text)
    assert header.isascii()
    assert header.isprintable() or not header
    assert len(header) < 10 * MAX_NOTES_CHARS
    if header.startswith("UTF-8''") and len(text) <= MAX_NOTES_CHARS:
        assert unquote(header[7:]) == " ".join(text.encode("utf-8", "replace").decode().split())


def test_long_notes_are_cut() -> None:
    assert len(header_text("word " * 5000)) <= MAX_NOTES_CHARS
