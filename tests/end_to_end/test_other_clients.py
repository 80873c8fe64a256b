"""Requests exactly as other clients send them: the documentation's curl, .NET, Java, a browser-less shell."""

from __future__ import annotations

import base64
import http.client
import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlencode

import pytest
from PIL import Image

from tests.live import LiveServer, png_of
from tests.pages import text_page

PICTURE = png_of(text_page(60, 220, text_px=12))
TEXT = base64.b64encode(PICTURE).decode()
VENDOR = "https://api.aspose.cloud"

TOKEN = """curl --request POST --location 'https://api.aspose.cloud/connect/token' \\
     --header 'Content-Type: application/x-www-form-urlencoded' \\
     --data-urlencode 'grant_type=client_credentials' \\
     --data-urlencode 'client_id=CLIENT-ID-VALUE' \\
     --data-urlencode 'client_secret=CLIENT-SECRET-VALUE'
"""
SUBMIT = """curl --request POST --location 'https://api.aspose.cloud/v5.0/ocr/OPERATION' \\
--header 'Accept: text/plain' \\
--header 'Content-Type: application/json' \\
--header 'Authorization: Bearer ACCESS-TOKEN' \\
--data-raw '{
    "image": "BASE64-IMAGE",
}'
"""
FETCH = """curl --request GET --location 'https://api.aspose.cloud/v5.0/ocr/OPERATION?id=TASK-ID' \\
--header 'Accept: text/plain' \\
--header 'Content-Type: application/json' \\
--header 'Authorization: Bearer ACCESS-TOKEN' \\
"""
FILE = """curl --request GET --location 'https://api.aspose.cloud/v5.0/ocr/ImageProcessing/GetResultFile?id=TASK-ID' \\
--header 'Accept: text/plain' \\
--header 'Content-Type: application/json' \\
--header 'Authorization: Bearer ACCESS-TOKEN' \\
"""


def shell(server: LiveServer, command: str, **filled: str) -> bytes:
    """Run a documented command, host apart."""
    command = command.replace(VENDOR, server.address)
    for name, value in filled.items():
        command = command.replace(name.replace("_", "-"), value)
    done = subprocess.run(["bash"], input=command.encode(), capture_output=True, timeout=90, check=True)
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("operation", ["binarizeimage", "deskewimage", "dewarpimage", "upscaleimage"])
def test_the_documentations_curl_commands(server: LiveServer, tmp_path: Path, operation: str) -> None:
    told = json.loads(shell(server, TOKEN, CLIENT_ID_VALUE=server.client_id, CLIENT_SECRET_VALUE=server.client_secret))
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 3600)
    access = {"ACCESS_TOKEN": told["access_token"], "OPERATION": operation}
    task_id = shell(server, SUBMIT, BASE64_IMAGE=TEXT, **access).decode()
    assert re.fullmatch(r"[0-9a-f-]{36}", task_id)
    result = json.loads(shell(server, FETCH, TASK_ID=task_id, **access))
    assert result["id"] == task_id
    assert (result["taskStatus"], result["responseStatusCode"], result["error"]) == ("Completed", "Ok", None)
    (picture,) = result["results"]
    assert picture["type"] == "ImagePNG"
    png = base64.b64decode(picture["data"])
    Image.open(io.BytesIO(png)).load()
    assert shell(server, FILE, TASK_ID=task_id, **access) == png


def test_dotnet_fetches_a_token_for_every_call_and_drops_ocr_from_the_path(server: LiveServer) -> None:
    """RestSharp: /./v5.0/…, lower-case type back, quoted boundary, Accept text/plain, then application/json."""

    def bearer() -> str:
        form = urlencode(
            {
                "grant_type": "client_credentials",
                "client_id": server.client_id,
                "client_secret": server.client_secret,
            }
        )
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json, text/json, text/xml"}
        told = server.ask("POST", "/connect/token", form, kind).json
        return f"{told['token_type']} {told['access_token']}"

    headers = {"Content-Type": "application/json; charset=utf-8", "Accept": "text/plain", "User-Agent": "RestSharp"}
    body = json.dumps({"image": TEXT, "settings": {"regions": None, "Rotate": 0}})
    posted = server.ask("POST", "/./v5.0/BinarizeImage", body, {**headers, "Authorization": bearer()})
    assert (posted.status, posted.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    accept = {"Accept": "application/json", "Authorization": bearer()}
    told = server.ask("GET", f"/./v5.0/BinarizeImage?id={posted.text}", headers=accept)
    assert told.json["taskStatus"] == "Completed"
    form = (
        b'--x-y\r\nContent-Disposition: form-data; name="file"; filename="no_file_name_provided"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n" + PICTURE + b"\r\n--x-y--\r\n"
    )
    kind = {"Content-Type": 'multipart/form-data; boundary="x-y"', "Authorization": bearer()}
    posted = server.ask("POST", "/v5.0/ImageProcessing/PostSkewCorrectionFile", form, kind)
    told = server.ask("GET", f"/v5.0/ImageProcessing/GetResultTask?id={posted.text}", headers=accept)
    assert told.json["results"][0]["type"] == "ImagePNG"


def test_many_requests_on_one_connection(server: LiveServer, token: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.connect()
    first = connection.sock.getsockname()  # type: ignore[union-attr]
    for _ in range(3):
        for path in ("/health/live", "/v5.0/ocr/DeskewImage?id=x", "/v5.0/ocr/ImageProcessing/GetResultFile?id=x"):
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            assert answer.status in (200, 204)
            answer.read()
            assert connection.sock.getsockname() == first  # type: ignore[union-attr]
    connection.close()


def test_a_second_client_sees_nothing_of_the_first(server: LiveServer, token: str) -> None:
    other_id, other_secret = server.add_client("second")
    other = server.token(other_id, other_secret)
    task_id = server.submit("BinarizeImage", PICTURE, token)
    assert server.result("BinarizeImage", task_id, token)["taskStatus"] == "Completed"
    headers = {"Authorization": f"Bearer {other}"}
    for name in ("BinarizeImage", "ImageProcessing/GetResultTask", "Utilities/GetTaskStatus"):
        told = server.ask("GET", f"/v5.0/ocr/{name}?id={task_id}", headers=headers).json
        assert (told["taskStatus"], told["responseStatusCode"]) == ("NotExist", "TaskNotFound")
    file = server.ask("GET", f"/v5.0/ocr/ImageProcessing/GetResultFile?id={task_id}", headers=headers)
    assert (file.status, file.body) == (204, b"")
    assert server.ask("DELETE", f"/v5.0/ocr/BinarizeImage?id={task_id}", headers=headers).status == 200
    assert server.result("BinarizeImage", task_id, token)["taskStatus"] == "Completed"
