"""What stands in the way of a start is said plainly, before anything is started."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from recto.bootstrap import blob_store, open_access
from recto.errors import SettingError
from recto.settings import read_settings
from recto.web.server import address_of, check_tls, listen


def test_a_data_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    async def opened() -> None:
        async with open_access(read_settings({}, {"home": tmp_path / "file" / "home"})):
            pass

    with pytest.raises(SettingError, match="RECTO_HOME"):
        asyncio.run(opened())


def test_a_blob_store_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="RECTO_BLOBS"):
        blob_store(read_settings({"RECTO_BLOBS": "ftp://x"}, {"home": tmp_path}))


@pytest.mark.parametrize(("certificate", "key"), [("none.pem", None), (None, "none.key"), ("empty", "empty")])
def test_certificates_that_cannot_be_used(tmp_path: Path, certificate: str | None, key: str | None) -> None:
    (tmp_path / "empty").write_text("")
    paths = [None if name is None else str(tmp_path / name) for name in (certificate, key)]
    with pytest.raises(SettingError, match="RECTO_TLS"):
        check_tls(*paths)


def test_a_key_that_is_not_there_is_not_blamed_on_the_certificate(tmp_path: Path) -> None:
    (tmp_path / "here.pem").write_text("")
    with pytest.raises(SettingError, match=r"RECTO_TLS_KEY=.*none\.key"):
        check_tls(str(tmp_path / "here.pem"), str(tmp_path / "none.key"))


def test_listening_takes_a_free_port_and_refuses_a_taken_one() -> None:
    with listen("127.0.0.1", 0) as first:
        first.listen()
        port = first.getsockname()[1]
        assert address_of(first) == f"http://127.0.0.1:{port}"
        assert address_of(first, tls=True) == f"https://127.0.0.1:{port}"
        with pytest.raises(SettingError, match=str(port)):
            listen("127.0.0.1", port)
    with pytest.raises(SettingError):
        listen("256.1.1.1", 0)
