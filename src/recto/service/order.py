"""What a client asks for, before it is a task."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from recto.codec import Header
from recto.errors import LimitError
from recto.pipeline import Recipe


@dataclass(frozen=True)
class Order:
    """A file, what is to be done to it, and what else the client says.

    Attributes
    ----------
    operation : str
    recipe : Recipe
    body : bytes
    name : str or None
        The client's own name for the task.
    listed : bool
        False keeps the task out of lists and news.
    idempotency_key : str or None
        A second order with this key makes no second task.
    one_page_megapixels : float or None
        Refuse files of several pages, and pages with more pixels than this.
    webhook_id : str or None
        The client's webhook that is told of its end.
    batch_id : str or None
        The client's batch that it belongs to.
    """

    operation: str
    recipe: Recipe
    body: bytes
    name: str | None = None
    listed: bool = True
    idempotency_key: str | None = None
    one_page_megapixels: float | None = None
    webhook_id: str | None = None
    batch_id: str | None = None

    def digest(self, recipe: str) -> bytes:
        """What tells a repeated order from another one; takes a moment for a large file."""
        said = [self.operation, recipe, self.name or "", *filter(None, [self.webhook_id, self.batch_id])]
        head = "\x00".join(said).encode("utf-8", "replace")
        return hashlib.sha256(hashlib.sha256(head).digest() + hashlib.sha256(self.body).digest()).digest()

    def check(self, header: Header) -> None:
        """See that the file is small enough to be waited for, where it is to be.

        Raises
        ------
        LimitError
        """
        if self.one_page_megapixels is None:
            return
        advice = "Send it to /v1/tasks."
        if header.frames > 1:
            raise LimitError("Pages in a request that is waited for", 1, header.frames, advice)
        megapixels = header.width_px * header.height_px / 1e6
        if megapixels > self.one_page_megapixels:
            raise LimitError("sync_max_megapixels", self.one_page_megapixels, megapixels, advice)


@dataclass(frozen=True)
class Accepted:
    """A task that is durable.

    Attributes
    ----------
    repeated : bool
        The order came before with the same idempotency key; this is the task of that time.
    """

    task_id: str
    repeated: bool
