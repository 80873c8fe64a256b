"""The verbs of the service: submit, fetch, cancel, process, expire."""

from recto.service.config import Config
from recto.service.service import Service, TaskView, open_service
from recto.service.worker import run_worker
from recto.tasks import TaskState

__all__ = ["Config", "Service", "TaskState", "TaskView", "open_service", "run_worker"]
