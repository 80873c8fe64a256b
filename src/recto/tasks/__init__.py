"""The durable queue of tasks; it knows no pages and no blobs.

Owns procrastinate: its tables hold one job per open task, and its SQL gives a job to exactly one worker.
"""

from recto.tasks.batches import Batch, Batches, Member
from recto.tasks.changes import Changes, Subscription
from recto.tasks.claims import Claim, Claims, PageCount
from recto.tasks.config import Config
from recto.tasks.desk import Desk, Entry, Wanted
from recto.tasks.engine import INSERTED_CHANNEL, Engine, prepare
from recto.tasks.figures import Count, DatabaseFigures, Figures, OpenTasks, Tally
from recto.tasks.overview import Overview, Place, Record
from recto.tasks.queue import Closed, KnownRequest, Request, TaskQueue
from recto.tasks.room import Load, Room
from recto.tasks.task import Task, TaskState
from recto.tasks.waiting import CLOSED_CHANNEL, Waiting

__all__ = [
    "CLOSED_CHANNEL",
    "INSERTED_CHANNEL",
    "Batch",
    "Batches",
    "Changes",
    "Claim",
    "Claims",
    "Closed",
    "Config",
    "Count",
    "DatabaseFigures",
    "Desk",
    "Engine",
    "Entry",
    "Figures",
    "KnownRequest",
    "Load",
    "Member",
    "OpenTasks",
    "Overview",
    "PageCount",
    "Place",
    "Record",
    "Request",
    "Room",
    "Subscription",
    "Tally",
    "Task",
    "TaskQueue",
    "TaskState",
    "Waiting",
    "Wanted",
    "prepare",
]
