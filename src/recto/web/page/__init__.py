"""The pages for people: the web page that does the work, and the API's documentation. Nothing from elsewhere."""

from recto.web.page.routes import add_routes

__all__ = ["add_routes"]
