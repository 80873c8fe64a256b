"""What the native API's tasks are called among the operations."""

from __future__ import annotations

TASK = "task"
"""A file through a recipe."""

PAGE = "page"
"""As a task, but waited for and thrown away."""

INSPECT = "inspect"
"""Only looked at: estimates and no pages; waited for and thrown away."""
