"""The pages for people: what this is, and the API's documentation. No script, nothing from elsewhere."""

from recto.web.page.routes import add_routes

__all__ = ["add_routes"]
