"""The native API: any recipe, whole tasks with what was found on each page, lists and news of them."""

from recto.web.v1.described import add_examples
from recto.web.v1.routes import add_routes

__all__ = ["add_examples", "add_routes"]
