"""The API that programs written for Aspose.OCR Cloud v5 speak, its preprocessing part."""

from recto.web.v5.routes import add_routes
from recto.web.v5.spelling import table

__all__ = ["add_routes", "table"]
