"""The way to PostgreSQL: a pool, an embedded server when none is given, and migrations as numbered SQL files."""

from recto.database.config import Config
from recto.database.database import Database
from recto.database.embedded import EmbeddedServer
from recto.database.inspection import Inspection, inspect
from recto.database.listener import Listener
from recto.database.programs import find_program, libpq_variables
from recto.database.statements import Statements, read_statements

__all__ = [
    "Config",
    "Database",
    "EmbeddedServer",
    "Inspection",
    "Listener",
    "Statements",
    "find_program",
    "inspect",
    "libpq_variables",
    "read_statements",
]
