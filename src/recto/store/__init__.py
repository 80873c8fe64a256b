"""Blobs: bytes under a key, in a folder or in an S3-compatible store."""

from recto.store.blob_store import BlobStore, check_key
from recto.store.config import Config
from recto.store.folder import FolderStore
from recto.store.objects import ObjectStore
from recto.store.opening import open_store

__all__ = [
    "BlobStore",
    "Config",
    "FolderStore",
    "ObjectStore",
    "check_key",
    "open_store",
]
