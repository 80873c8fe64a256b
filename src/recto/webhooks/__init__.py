"""Messages to clients' own servers when tasks and batches end: who wants them, and sending them until they arrive.

It knows no pages and no blobs. Messages are written by the database when a task is closed or a batch is done; see
migrations 0004 and 0008.
"""

from recto.webhooks.config import Config
from recto.webhooks.registry import Delivery, Registry, Webhook
from recto.webhooks.sender import sending

__all__ = ["Config", "Delivery", "Registry", "Webhook", "sending"]
