"""Every setting: the rooms' own Configs, filled once from the environment and a file.

A field ``port`` of any room is the environment variable ``RECTO_PORT`` and the key ``port`` of the TOML file that
``RECTO_CONFIG`` names. The environment wins over the file. A field that several rooms have (``home``) is one setting.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from recto.access import Config as AccessConfig
from recto.codec import Limits
from recto.database import Config as DatabaseConfig
from recto.errors import SettingError
from recto.service import Config as ServiceConfig
from recto.store import Config as StoreConfig
from recto.tasks import Config as TasksConfig
from recto.web import Config as WebConfig
from recto.webhooks import Config as WebhooksConfig

PREFIX = "RECTO_"
CONFIG_VARIABLE = "RECTO_CONFIG"
NOT_SETTINGS = ("RECTO_CONFIG", "RECTO_DATA", "RECTO_WORKER_PARENT", "RECTO_CLIENT_ID", "RECTO_CLIENT_SECRET")


def default_home() -> Path:
    """``$XDG_DATA_HOME/recto``, usually ``~/.local/share/recto``."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "recto"


class ServerConfig(BaseModel):
    """Where ``recto serve`` listens and how it stops."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", min_length=1, description="The address to listen on; 0.0.0.0 for every network.")
    port: int = Field(8080, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    stop_grace_s: float = Field(
        20.0, ge=1, le=3600, description="How long requests in progress may take to finish when stopping."
    )
    client_patience_s: float = Field(
        30.0, gt=0, le=3600, description="A connection that brings no first request, or takes no answer, is closed."
    )
    trusted_proxies: str = Field(
        "127.0.0.1", description="Addresses, comma separated, whose X-Forwarded headers are believed; * for all."
    )
    tls_cert: str | None = Field(None, description="A certificate file: serve https. Needs tls_key.")
    tls_key: str | None = Field(None, description="The private key file of tls_cert.")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error.")


@dataclass(frozen=True)
class Settings:
    """One Config per room."""

    server: ServerConfig
    web: WebConfig
    access: AccessConfig
    database: DatabaseConfig
    store: StoreConfig
    tasks: TasksConfig
    service: ServiceConfig
    codec: Limits
    webhooks: WebhooksConfig

    @property
    def home(self) -> Path:
        """The data folder."""
        return self.database.home


ROOMS: dict[str, type[BaseModel]] = {
    "server": ServerConfig,
    "web": WebConfig,
    "access": AccessConfig,
    "database": DatabaseConfig,
    "store": StoreConfig,
    "tasks": TasksConfig,
    "service": ServiceConfig,
    "codec": Limits,
    "webhooks": WebhooksConfig,
}
SHARED = ("home",)
"""Settings that several rooms have under one name."""


@dataclass(frozen=True)
class Row:
    """A setting as the documentation lists it."""

    variable: str
    room: str
    default: str
    description: str


def read_settings(environ: Mapping[str, str] | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Fill every Config.

    Parameters
    ----------
    environ : mapping, optional
        ``os.environ`` by default.
    overrides : mapping, optional
        Field → value from the command line; None is passed over.

    Raises
    ------
    SettingError
        Names the setting that cannot be used.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {"home": default_home(), **_from_file(environ.get(CONFIG_VARIABLE))}
    for name in _fields():
        given = environ.get(PREFIX + name.upper(), "")
        if given.strip():
            values[name] = given.strip()
    values |= {name: value for name, value in (overrides or {}).items() if value is not None}
    values["home"] = Path(values["home"]).expanduser().absolute()
    rooms = {room: _fill(config, values) for room, config in ROOMS.items()}
    return Settings(**rooms)


def unknown_variables(environ: Mapping[str, str] | None = None) -> list[str]:
    """Sentences about variables that look like settings but are none."""
    known = [PREFIX + name.upper() for name in _fields()]
    said = []
    for variable in sorted(os.environ if environ is None else environ):
        if variable.startswith(PREFIX) and variable not in known and variable not in NOT_SETTINGS:
            near = difflib.get_close_matches(variable, known, 1)
            said.append(f"{variable} is not a setting" + (f"; did you mean {near[0]}?" if near else "."))
    return said


def rows() -> Iterator[Row]:
    """Every setting once, room by room."""
    for name, (room, field) in _fields().items():
        default = "" if field.is_required() or field.default is None else str(field.default).lower()
        if name == "home":
            room, default = "all", "~/.local/share/recto"
        yield Row(PREFIX + name.upper(), room, default, field.description or "")


def _fields() -> dict[str, tuple[str, FieldInfo]]:
    found: dict[str, tuple[str, FieldInfo]] = {}
    for room, config in ROOMS.items():
        for name, field in config.model_fields.items():
            assert name not in found or name in SHARED, f"two rooms have a setting {name}"
            found.setdefault(name, (room, field))
    return found


def _from_file(path: str | None) -> dict[str, Any]:
    if not path:
        return {}
    try:
        values = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(f"{CONFIG_VARIABLE}={path} cannot be read: {error}.") from None
    known = list(_fields())
    for name in values:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            advice = f" Did you mean {near[0]}?" if near else f" The settings are: {', '.join(sorted(known))}."
            raise SettingError(f"{path}: there is no setting {name!r}.{advice}")
    return values


def _fill(config: type[BaseModel], values: Mapping[str, Any]) -> Any:
    mine = {name: values[name] for name in config.model_fields if name in values}
    try:
        return config.model_validate(mine)
    except ValidationError as error:
        faults = "; ".join(
            f"{PREFIX}{str(fault['loc'][0]).upper() if fault['loc'] else config.__name__}: "
            f"{fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors()
        )
        raise SettingError(f"{faults}.") from None
