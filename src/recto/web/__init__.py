"""HTTP: the compatible API, tokens, health, and the pages for people."""

from recto.web.app import create_app
from recto.web.config import Config
from recto.web.journal import JsonLines

__all__ = ["Config", "JsonLines", "create_app"]
