"""A typed client of the native API, blocking and for asyncio; needs httpx: ``pip install 'recto[client]'``."""

from recto.client.asynchronous import AsyncClient
from recto.client.blocking import Client
from recto.client.message import Message, verify_message
from recto.client.values import (
    Batch,
    Delivery,
    Filter,
    Grid,
    Inspection,
    Looks,
    Page,
    Preset,
    ProcessedPage,
    Progress,
    Recipe,
    Step,
    Task,
    Webhook,
)

__all__ = [
    "AsyncClient",
    "Batch",
    "Client",
    "Delivery",
    "Filter",
    "Grid",
    "Inspection",
    "Looks",
    "Message",
    "Page",
    "Preset",
    "ProcessedPage",
    "Progress",
    "Recipe",
    "Step",
    "Task",
    "Webhook",
    "verify_message",
]
