"""What runs in a worker's child process: it knows neither database nor store, and does not even load what does."""

from recto.child.page_counter import PageCounter
from recto.child.work import Answer, begin, look, nothing, process

__all__ = ["Answer", "PageCounter", "begin", "look", "nothing", "process"]
