"""Which store a setting names."""

from __future__ import annotations

from pathlib import Path

from recto.store.blob_store import BlobStore
from recto.store.config import Config
from recto.store.folder import FolderStore
from recto.store.objects import ObjectStore


def open_store(config: Config) -> BlobStore:
    """The store of ``config.blobs``: a folder, or a bucket for ``s3://…``."""
    where = config.blobs
    if where and "://" in where:
        if not where.startswith("s3://"):
            raise ValueError(f"RECTO_BLOBS is a folder or s3://bucket/prefix, not {where!r}")
        return ObjectStore(where)
    return FolderStore(Path(where) if where else config.home / "blobs")
