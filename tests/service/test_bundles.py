"""A batch takes what it can take, and what came of it can be fetched whole."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from recto.codec import Limits, probe
from recto.errors import BatchClosedError
from recto.service import Order
from recto.service.bundle import as_pdf
from recto.store import FolderStore
from recto.tasks import Member, TaskState
from tests.in_loop import within
from tests.parts import TURN, Parts, open_parts, png


@within(lambda url, home: open_parts(url, home))
async def test_a_file_that_comes_too_late_leaves_nothing(p: Parts) -> None:
    batch_id = await p.service.batches.open("anna", "[]", None)
    order = Order("task", TURN, png(), batch_id=batch_id)
    await p.service.accept("anna", order)
    assert await p.service.batches.close("anna", batch_id)
    kept = p.blobs()
    for client in ("anna", "bert"):
        with pytest.raises(BatchClosedError):
            await p.service.accept(client, order)
    assert p.blobs() == kept


@pytest.mark.slow
async def test_a_result_may_be_larger_than_what_may_be_sent(tmp_path: Path) -> None:
    side_px = int((Limits().max_megapixels * 1e6) ** 0.5) + 10
    store, file = FolderStore(tmp_path), io.BytesIO()
    Image.new("1", (side_px, side_px), 1).save(file, "PNG")
    member = Member("0" * 8, None, TaskState.COMPLETED, None, attempt=1, pages=1)
    await store.put(f"{member.id}-a1-p1", file.getvalue())
    pdf = b"".join([piece async for piece in as_pdf([member], store)])
    found = probe(pdf, Limits(max_megapixels=1000))
    assert (found.frames, found.format) == (1, "PDF")
