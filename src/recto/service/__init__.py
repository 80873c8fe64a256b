"""The verbs of the service: submit, fetch, cancel, process, expire."""

from recto.service.attending import Attendant, attend
from recto.service.config import Config
from recto.service.counting import BUCKETS_S, CATALOGUE, CLASSES, Counted, Counting
from recto.service.keys import normal_task_id
from recto.service.operations import INSPECT, PAGE, TASK
from recto.service.order import Accepted, Order
from recto.service.service import Service, TaskView, open_service
from recto.service.watching import OpenWork, Sight, Watch
from recto.service.worker import run_worker
from recto.tasks import Batch, Changes, Entry, Overview, Place, Record, Subscription, TaskState, Wanted

__all__ = [
    "BUCKETS_S",
    "CATALOGUE",
    "CLASSES",
    "INSPECT",
    "PAGE",
    "TASK",
    "Accepted",
    "Attendant",
    "Batch",
    "Changes",
    "Config",
    "Counted",
    "Counting",
    "Entry",
    "OpenWork",
    "Order",
    "Overview",
    "Place",
    "Record",
    "Service",
    "Sight",
    "Subscription",
    "TaskState",
    "TaskView",
    "Wanted",
    "Watch",
    "attend",
    "normal_task_id",
    "open_service",
    "run_worker",
]
