"""Whether the blobs are those of the database: else every task would fail for an input that lies elsewhere."""

from __future__ import annotations

import asyncio
import logging
import uuid

from recto.database import Database
from recto.database.migrate import migrating
from recto.errors import StoreUnavailableError
from recto.store import BlobStore
from recto.tasks.engine import STATEMENTS

log = logging.getLogger(__name__)

PATIENCE_S = 60.0
_AGAIN_AFTER_S = 1.0
_PART = "blobs"


async def agree(database: Database, store: BlobStore, patience_s: float = PATIENCE_S) -> None:
    """See that database and store carry the same mark; a new pair is given one. Processes may do so at once.

    Parameters
    ----------
    patience_s : float
        How long a store that is not there yet, or another one in its place, is waited for.

    Raises
    ------
    StoreUnavailableError
        The store does not answer, or belongs to another database.
    """
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + patience_s
    while True:
        try:
            await _compare(database, store)
            return
        except StoreUnavailableError as error:
            if loop.time() >= give_up_at:
                raise
            log.warning("Waiting for the blob store: %s", error.message)
        await asyncio.sleep(_AGAIN_AFTER_S)


async def _compare(database: Database, store: BlobStore) -> None:
    async with database.session() as connection, migrating(connection):
        row = await (await connection.execute(STATEMENTS["part_version"], {"part": _PART})).fetchone()
        known = None if row is None else row["version"]
        found = await store.mark()
        if found is None and known is None:
            found = uuid.uuid4().hex
            await store.set_mark(found)
        if known is None:
            await connection.execute(STATEMENTS["set_part_version"], {"part": _PART, "version": found})
        elif found != known:
            has = "no mark" if found is None else f"the mark {found}"
            raise StoreUnavailableError(
                f"The blobs here have {has}, those of this database have the mark {known}. Is the disk mounted, and "
                "is RECTO_BLOBS the same for every server and worker? docs/queue.md says what to do when they were "
                "replaced on purpose."
            )
