"""What every store of blobs has to hold to; each store passes the same tests."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recto.errors import BlobMissingError, StoreFullError, StoreUnavailableError
from recto.store import BlobStore, Config, FolderStore, ObjectStore, check_key, open_store

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """moto's S3 server as a process of its own, on a free port."""
    if find_spec("moto") is None or find_spec("flask") is None:
        pytest.skip("the S3 store is tested against moto's server: pip install 'moto[server,s3]'")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    while True:
        try:
            request = urllib.request.Request(f"{url}/pages", method="PUT")
            urllib.request.urlopen(request, timeout=5).close()
            break
        except (urllib.error.URLError, ConnectionError):
            assert server.poll() is None
            time.sleep(0.1)
    yield url
    server.kill()
    server.wait()


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    if request.param == "folder":
        return FolderStore(tmp_path / "blobs")
    options: dict[str, Any] = {
        "endpoint": request.getfixturevalue("s3_endpoint"),
        "access_key_id": "test",
        "secret_access_key": "test",
        "region": "us-east-1",
        "client_options": {"allow_http": True},
    }
    return ObjectStore(f"s3://pages/{uuid.uuid4().hex}", **options)


async def keys(store: BlobStore, older_than_s: float = 0.0) -> set[str]:
    return {key async for key in store.keys(older_than_s)}


@pytest.mark.parametrize("data", [b"", b"\x00", os.urandom(300_000)])
async def test_what_is_put_is_got(store: BlobStore, data: bytes) -> None:
    await store.put("some-key", data)
    assert await store.get("some-key") == data


async def test_the_last_put_counts(store: BlobStore) -> None:
    await store.put("some-key", b"first, and longer")
    await store.put("some-key", b"second")
    assert await store.get("some-key") == b"second"
    assert await keys(store) == {"some-key"}


async def test_what_is_not_there(store: BlobStore) -> None:
    with pytest.raises(BlobMissingError):
        await store.get("some-key")
    await store.delete(["some-key"])
    assert await keys(store) == set()


async def test_deleting_leaves_the_others(store: BlobStore) -> None:
    for name in ("aaaa-1", "aaaa-2", "bbbb-1"):
        await store.put(name, name.encode())
    await store.delete(["aaaa-1", "aaaa-9", "bbbb-1"])
    assert await keys(store) == {"aaaa-2"}
    with pytest.raises(BlobMissingError):
        await store.get("aaaa-1")


async def test_only_the_old_are_listed(store: BlobStore) -> None:
    await store.put("aaaa-1", b"new")
    assert await keys(store) == {"aaaa-1"}
    assert await keys(store, older_than_s=600) == set()


async def test_many_at_once(store: BlobStore) -> None:
    names = [f"{n:04x}-key" for n in range(60)]
    await asyncio.gather(*(store.put(name, name.encode()) for name in names))
    assert await keys(store) == set(names)
    got = await asyncio.gather(*(store.get(name) for name in names))
    assert [data.decode() for data in got] == names
    await store.delete(names)
    assert await keys(store) == set()


@pytest.mark.parametrize(
    "key",
    [
        "",
        "abc",
        "../secret",
        "aa/../../x",
        "/etc/passwd",
        "aaaa\x00",
        "AAAA-1",
        "aaaa.png",
        "-aaaa",
        "a" * 129,
        "aaaa\n",
        "äöüß",
    ],
)
async def test_what_is_no_key_is_refused(store: BlobStore, key: str) -> None:
    for doing in (store.put(key, b""), store.get(key), store.delete([key])):
        with pytest.raises(ValueError, match="not a blob's key"):
            await doing


@given(st.text(max_size=140))
@settings(derandomize=True, max_examples=300)
def test_a_key_is_a_plain_name(text: str) -> None:
    try:
        key = check_key(text)
    except ValueError:
        return
    assert key == text
    assert key == Path(key).name
    assert not key.startswith((".", "-"))


@given(st.from_regex(r"[0-9a-z][0-9a-z-]{3,127}", fullmatch=True), st.binary(max_size=100))
@settings(derandomize=True, max_examples=20)
def test_every_key_has_a_place_of_its_own(tmp_path_factory: pytest.TempPathFactory, key: str, data: bytes) -> None:
    store = FolderStore(tmp_path_factory.getbasetemp() / "property-blobs")

    async def there_and_back() -> bytes:
        await store.put(key, data)
        got = await store.get(key)
        assert key in await keys(store)
        await store.delete([key])
        assert key not in await keys(store)
        return got

    assert asyncio.run(there_and_back()) == data


async def test_a_folder_is_closed_to_others_and_fanned_out(tmp_path: Path) -> None:
    await FolderStore(tmp_path / "blobs").put("abcd-1", b"x")
    blob = tmp_path / "blobs" / "ab" / "abcd-1"
    assert stat.S_IMODE((tmp_path / "blobs").stat().st_mode) == 0o700
    assert stat.S_IMODE(blob.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(blob.stat().st_mode) == 0o600


async def test_only_folders_of_blobs_are_looked_into(tmp_path: Path) -> None:
    """The root may be that of a disk, with a ``lost+found`` which only root may enter."""
    store = FolderStore(tmp_path / "blobs")
    await store.put("abcd-1", b"x")
    theirs = tmp_path / "blobs" / "lost+found"
    theirs.mkdir()
    (theirs / "abcd-2").touch()
    theirs.chmod(0)
    assert await keys(store) == {"abcd-1"}
    theirs.chmod(0o700)


async def test_unfinished_files_are_no_blobs_and_go_in_time(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "blobs")
    await store.put("abcd-1", b"x")
    left = tmp_path / "blobs" / "ab" / ".tmp-left-by-a-crash"
    left.write_bytes(b"half")
    assert await keys(store) == {"abcd-1"}
    assert left.exists()
    os.utime(left, (0, 0))
    assert await keys(store) == {"abcd-1"}
    assert not left.exists()


async def test_a_full_disk_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    if os.geteuid() != 0 or not sys.platform.startswith("linux"):
        pytest.skip("only root can mount a small disk")
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", small], check=False).returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    try:
        store = FolderStore(small / "blobs")
        await store.put("aaaa-1", b"x" * 100_000)
        with pytest.raises(StoreFullError, match="No space left"):
            await store.put("bbbb-1", b"x" * 1_000_000)
        assert await keys(store) == {"aaaa-1"}
        assert [p.name for p in (small / "blobs").rglob("*") if p.is_file()] == ["aaaa-1"]
        await store.put("bbbb-1", b"x" * 100_000)
    finally:
        subprocess.run(["umount", small], check=True)


async def test_a_store_that_does_not_answer(tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "endpoint": "http://127.0.0.1:1",
        "access_key_id": "test",
        "secret_access_key": "test",
        "region": "us-east-1",
        "client_options": {"allow_http": True},
        "retry_config": {"max_retries": 0},
    }
    store = ObjectStore("s3://pages", **options)
    with pytest.raises(StoreUnavailableError, match="did not answer"):
        await store.put("aaaa-1", b"x")
    with pytest.raises(StoreUnavailableError, match="did not answer"):
        await store.get("aaaa-1")
    with pytest.raises(StoreUnavailableError, match="did not answer"):
        await keys(store)


async def test_a_store_that_is_there(store: BlobStore) -> None:
    await store.check()
    assert await keys(store) == set()


async def test_a_mark_is_kept_and_is_no_blob(store: BlobStore) -> None:
    assert await store.mark() is None
    await store.set_mark("0123abcd")
    assert await store.mark() == "0123abcd"
    assert await keys(store) == set()
    await store.check()
    await store.put("aaaa-1", b"x")
    assert await keys(store) == {"aaaa-1"}


async def test_a_root_that_is_away_loses_no_blob(tmp_path: Path) -> None:
    """Moved away, or an empty folder where a disk is not mounted: nothing is missing, the store is not there."""
    root, away = tmp_path / "blobs", tmp_path / "away"
    store = FolderStore(root)
    await store.set_mark("0123abcd")
    await store.put("aaaa-1", b"x")
    for empty in (False, True):
        root.rename(away)
        if empty:
            root.mkdir()
        for doing in (store.get("aaaa-1"), store.put("bbbb-1", b"x"), store.delete(["aaaa-1"]), store.check()):
            with pytest.raises(StoreUnavailableError):
                await doing
        if empty:
            assert list(root.iterdir()) == []
            root.rmdir()
        else:
            with pytest.raises(StoreUnavailableError):
                await store.free_mb()
            with pytest.raises(StoreUnavailableError):
                await keys(store)
        away.rename(root)
        await store.check()
        assert await store.get("aaaa-1") == b"x"


async def test_a_bucket_that_is_away_loses_no_blob(s3_endpoint: str) -> None:
    options: dict[str, Any] = {
        "endpoint": s3_endpoint,
        "access_key_id": "test",
        "secret_access_key": "test",
        "region": "us-east-1",
        "client_options": {"allow_http": True},
    }
    store = ObjectStore("s3://nowhere", **options)
    for doing in (store.get("aaaa-1"), store.put("bbbb-1", b"x"), store.delete(["aaaa-1"]), store.check()):
        with pytest.raises(StoreUnavailableError, match="did not answer"):
            await doing


def test_a_setting_names_the_store(tmp_path: Path) -> None:
    assert isinstance(open_store(Config(home=tmp_path)), FolderStore)
    assert (tmp_path / "blobs").is_dir()
    assert isinstance(open_store(Config(home=tmp_path, blobs=str(tmp_path / "elsewhere"))), FolderStore)
    with pytest.raises(ValueError, match="RECTO_BLOBS"):
        open_store(Config(home=tmp_path, blobs="ftp://pages"))


@pytest.mark.parametrize("blobs", ["s3://", "s3://no bucket/x"])
def test_a_bucket_that_cannot_be_is_said_by_its_setting(blobs: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^RECTO_BLOBS=s3://.*s3://bucket/prefix"):
        open_store(Config(home=tmp_path, blobs=blobs))
