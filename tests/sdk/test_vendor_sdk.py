"""The vendor's own Python package, 24.11.0, in its documented flow: POST, one immediate GET, Completed."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aspose_ocr_cloud as sdk
import numpy as np
import pytest
from PIL import Image

from tests.live import LiveServer, png_of
from tests.pages import text_page

pytestmark = pytest.mark.filterwarnings(
    "ignore:.* is deprecated:DeprecationWarning"
)  # the package says so of half its calls

PICTURE = png_of(text_page(420, 300, angle_deg=2))
TEXT = base64.b64encode(PICTURE).decode()


@pytest.fixture(scope="module")
def client(server: LiveServer, token: str) -> Iterator[Any]:
    """As its README says, host and token apart."""
    with sdk.ApiClient(sdk.Configuration(host=server.address, access_token=token)) as made:
        yield made
        made.rest_client.pool_manager.clear()


def picture(response: Any) -> Image.Image:
    assert response.response_status_code == sdk.ResponseStatusCode.OK
    assert response.task_status == sdk.OCRTaskStatus.COMPLETED
    assert response.error is None
    (result,) = response.results
    assert result.type == "ImagePNG"
    image = Image.open(io.BytesIO(base64.b64decode(result.data)))
    image.load()
    return image


CURRENT = [
    (sdk.BinarizeImageApi, sdk.OCRBinarizeImageBody, "binarize_image"),
    (sdk.DeskewImageApi, sdk.OCRDeskewImageBody, "deskew_image"),
    (sdk.DewarpImageApi, sdk.OCRDewarpImageBody, "dewarp_image"),
    (sdk.UpscaleImageApi, sdk.OCRUpscaleImageBody, "upscale_image"),
]


@pytest.mark.parametrize(("api", "body", "name"), CURRENT, ids=[name for *_, name in CURRENT])
def test_every_operation(client: Any, api: Any, body: Any, name: str) -> None:
    calls = api(client)
    task_id = getattr(calls, f"post_{name}")(body(image=TEXT))
    assert isinstance(task_id, str)
    response = getattr(calls, f"get_{name}")(task_id)
    assert response.id == task_id
    image = picture(response)
    assert image.format == "PNG"
    if name == "upscale_image":
        assert image.size == (600, 840)
    getattr(calls, f"cancel_{name}")(task_id)
    gone = getattr(calls, f"get_{name}")(task_id)
    assert gone.task_status == sdk.OCRTaskStatus.NOTEXIST
    assert gone.response_status_code == sdk.ResponseStatusCode.TASKNOTFOUND
    assert gone.results is None


@pytest.mark.parametrize("name", ["binarization", "skew_correction", "dewarping", "upsampling"])
@pytest.mark.parametrize("by_path", [False, True], ids=["bytes", "path"])
def test_image_processing(client: Any, tmp_path: Path, name: str, by_path: bool) -> None:
    (tmp_path / "a page.png").write_bytes(PICTURE)
    calls = sdk.ImageProcessingApi(client)
    task_id = getattr(calls, f"post_{name}_file")(file=str(tmp_path / "a page.png") if by_path else PICTURE)
    image = picture(calls.get_result_task(task_id))
    raw = calls.get_result_file_without_preload_content(task_id)
    assert raw.status == 200
    assert raw.headers["content-type"] == "image/png"
    file = Image.open(io.BytesIO(raw.data))
    assert np.array_equal(np.asarray(file), np.asarray(image))


def test_utilities(client: Any) -> None:
    unknown = sdk.UtilitiesApi(client).get_task_status("00000000-0000-0000-0000-000000000000")
    assert unknown.task_status == sdk.OCRTaskStatus.NOTEXIST
    task_id = sdk.DeskewImageApi(client).post_deskew_image(sdk.OCRDeskewImageBody(image=TEXT))
    picture(sdk.DeskewImageApi(client).get_deskew_image(task_id))
    known = sdk.UtilitiesApi(client).get_task_status(task_id)
    assert known.task_status == sdk.OCRTaskStatus.COMPLETED
    assert known.results is None


def test_its_errors_are_typed(server: LiveServer, client: Any) -> None:
    with pytest.raises(sdk.exceptions.BadRequestException) as refused:
        sdk.BinarizeImageApi(client).post_binarize_image(sdk.OCRBinarizeImageBody(image="!"))
    assert "base64" in refused.value.body
    stranger = sdk.ApiClient(sdk.Configuration(host=server.address, access_token="no"))
    with pytest.raises(sdk.exceptions.UnauthorizedException):
        sdk.BinarizeImageApi(stranger).get_binarize_image("x")
    stranger.rest_client.pool_manager.clear()


def test_a_result_file_that_is_not_there_is_empty(client: Any) -> None:
    raw = sdk.ImageProcessingApi(client).get_result_file_without_preload_content("unknown")
    assert (raw.status, raw.data) == (204, b"")
