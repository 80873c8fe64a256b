"""The native API's bodies, written down once; answers are built as plain values and held to these by the tests."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from recto.service import TaskState

Dpi = tuple[float, float]
Grid = list[list[tuple[float, float]]]
KindName = Literal["binary", "grey", "colour"]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Looks(_Closed):
    """A page's size, kind and resolution."""

    width_px: int
    height_px: int
    kind: KindName
    dpi: Dpi | None = Field(description="Pixels per inch along x and y; null when the file does not say.")


class StepReport(_Closed):
    """What one step of the recipe did."""

    filter: str
    changed: bool = Field(description="False when the step left the page exactly as it was.")
    notes: list[str] = Field(description="Sentences such as `left as it is: no text lines found`.")
    elapsed_ms: float


class PageReport(_Closed):
    """One page of a completed task."""

    page: int = Field(ge=1)
    width_px: int | None = Field(description="Of the page that came out; null for tasks of older versions.")
    height_px: int | None
    kind: KindName | None
    dpi: Dpi | None
    input: Looks | None = Field(description="The page that was sent.")
    estimates: dict[str, Any] = Field(
        description="What was found, by name, such as `skew` or `ink`; each has a `confidence` from 0 to 1."
    )
    steps: list[StepReport]
    grid: Grid | None = Field(
        default=None,
        description="Rows of points `[x, y]` of the page that was sent, where evenly spread points of the page that "
        "came out lie, from its upper left to its lower right; two rows of two when nothing was bent, null when "
        "nothing was moved.",
    )
    result: str = Field(description="Where the PNG is.")


class Progress(_Closed):
    """How far a file of several pages is."""

    pages_done: int
    page_count: int


class Task(_Closed):
    """A file on its way through a recipe."""

    id: str
    name: str | None = Field(description="As the client called it.")
    state: TaskState
    batch: str | None = Field(None, description="The id of the batch that it belongs to.")
    recipe: list[dict[str, Any]] = Field(description="Every step with every parameter written out.")
    error: str | None = Field(description="Why it failed.")
    progress: Progress | None = Field(
        None,
        description="Of a file of several pages that is being worked on, told at most once a second; an attempt that "
        "begins again begins its count again.",
    )
    submitted_at: str
    expires_at: str = Field(description="From then on the task and its result are gone.")
    pages: list[PageReport] = Field(description="Empty until the task is completed.")


class TaskList(_Closed):
    """A part of the list, newest first."""

    tasks: list[Task]
    next: str | None = Field(description="The cursor of the next part; null at the end.")


class FilterFacts(_Closed):
    """A filter and its parameters."""

    name: str
    summary: str
    kind: Literal["pixel", "geometry", "scale"]
    parameters: dict[str, Any] = Field(description="JSON schema of each parameter.")


class Preset(_Closed):
    """A recipe with a name."""

    name: str
    recipe: list[dict[str, Any]]


class Filters(_Closed):
    """Everything that a recipe can be made of."""

    filters: list[FilterFacts]
    presets: list[Preset]


class PageAnswer(Looks):
    """A page that was waited for."""

    input: Looks
    estimates: dict[str, Any]
    steps: list[StepReport]
    grid: Grid | None = Field(default=None, description="As in the report of a page of a task.")
    image: str = Field(description="The PNG in standard base64.")


class Inspection(Looks):
    """What every filter finds on a page."""

    estimates: dict[str, Any]


class NamedWebhook(_Closed):
    """A webhook by its address; it is registered if need be, for the tasks that name it."""

    url: str
    secret: str


class TaskBody(BaseModel):
    """A file and its recipe as JSON; unknown members are ignored."""

    image: str = Field(description="The picture or document in base64.")
    recipe: str | list[str | dict[str, Any]] = Field(
        description='`"deskew,binarize"`, or a list of names and objects with a `filter` key.'
    )
    name: str | None = Field(None, max_length=200, description="What you call it.")
    batch: str | None = Field(None, description="The id of the batch that it belongs to.")
    webhook: str | NamedWebhook | None = Field(
        None, description="Who is told of its end: the id of a webhook, or its url and secret."
    )


class NewBatch(_Closed):
    """Several files to come."""

    recipe: str | list[str | dict[str, Any]] = Field(description="For every file that comes without one of its own.")
    name: str | None = Field(None, max_length=200, description="What you call it.")
    webhook: str | NamedWebhook | None = Field(
        None, description="Who is told when it is done: the id of a webhook, or its url and secret."
    )


class TaskCounts(_Closed):
    """Tasks by state."""

    pending: int
    processing: int
    completed: int
    failed: int


class Batch(_Closed):
    """Several files as one piece of work."""

    id: str
    name: str | None
    state: Literal["open", "processing", "completed"] = Field(
        description="`open` for more files; closed but not done; done, whatever has failed."
    )
    recipe: list[dict[str, Any]]
    tasks: TaskCounts
    page_count: int = Field(description="Of the completed tasks.")
    pages_done: int = Field(
        description="With those that are done in files of several pages that are still being worked on."
    )
    submitted_at: str
    expires_at: str = Field(description="From then on it is gone; each file that comes moves it on.")


class BatchList(_Closed):
    """A part of the list, newest first."""

    batches: list[Batch]
    next: str | None = Field(description="The cursor of the next part; null at the end.")


class NewWebhook(_Closed):
    """A receiver to be registered."""

    url: str = Field(description="`https://…`; never a private address, unless the operator allows it.")
    tasks: Literal["all", "named"] = Field(
        default="all", description="Of which tasks and batches it is told: of all in lists, or of those that name it."
    )
    secret: str | None = Field(
        default=None, description="`whsec_` and 24 to 64 bytes in base64; a new one when nothing is said."
    )


class ChangedWebhook(_Closed):
    """What can be changed of a webhook."""

    state: Literal["enabled", "disabled"]


class Webhook(_Closed):
    """A receiver of messages."""

    id: str
    url: str
    tasks: Literal["all", "named"]
    state: Literal["enabled", "disabled"]
    disabled_why: str | None
    failing_since: str | None = Field(description="Nothing has arrived since then, although it was tried.")
    created_at: str


class RegisteredWebhook(Webhook):
    """A receiver as it is told this once, with its secret."""

    secret: str


class WebhookList(_Closed):
    """All webhooks of a client, oldest first."""

    webhooks: list[Webhook]


class Delivery(_Closed):
    """A message and what became of it."""

    id: str = Field(description="As in the header `webhook-id`.")
    task: str | None = Field(description="The id of the task that it is about.")
    batch: str | None = Field(description="The id of the batch that it is about.")
    type: Literal["task.completed", "task.failed", "batch.completed"]
    state: Literal["pending", "delivered", "failed"]
    attempts: int
    answered_status: int | None = Field(description="HTTP status of the last answer.")
    error: str | None = Field(description="What went wrong the last time.")
    created_at: str
    tried_at: str | None
    next_at: str | None = Field(description="When it is tried next, at the earliest.")


class DeliveryList(_Closed):
    """Messages of a webhook, newest first."""

    deliveries: list[Delivery]
    next: str | None = Field(description="The cursor of the next part; null at the end.")


class MessageData(_Closed):
    """What a message says of a task."""

    id: str
    name: str | None
    state: Literal["completed", "failed"]
    error: str | None
    page_count: int
    submitted_at: str
    expires_at: str
    task: str = Field(description="Where the task is on this server.")


class BatchMessageTasks(_Closed):
    """Tasks of a batch that is done, by state."""

    completed: int
    failed: int


class BatchMessageData(_Closed):
    """What a message says of a batch."""

    id: str
    name: str | None
    state: Literal["completed"]
    tasks: BatchMessageTasks
    page_count: int = Field(description="Of the completed tasks.")
    submitted_at: str
    expires_at: str
    batch: str = Field(description="Where the batch is on this server.")


class BatchMessage(_Closed):
    """The body of a message to a webhook about a batch."""

    type: Literal["batch.completed"]
    timestamp: str = Field(description="When it was done.")
    data: BatchMessageData


class Message(_Closed):
    """The body of a message to a webhook about a task."""

    type: Literal["task.completed", "task.failed"]
    timestamp: str = Field(description="When the task was closed.")
    data: MessageData
