"""``/metrics``: what this process counts of HTTP, and what the database knows of everything else, for Prometheus."""

from recto.web.metrics.meter import Meter
from recto.web.metrics.routed import Routed
from recto.web.metrics.routes import add_routes

__all__ = ["Meter", "Routed", "add_routes"]
