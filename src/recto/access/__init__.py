"""Clients, their secrets, and the signed tokens that they carry."""

from recto.access.access import Access, Client, IssuedToken
from recto.access.config import Config

__all__ = ["Access", "Client", "Config", "IssuedToken"]
