"""Settings are read once, checked, and documented completely."""

from __future__ import annotations

from pathlib import Path

import pytest

from recto.errors import SettingError
from recto.settings import PREFIX, read_settings, rows, unknown_variables

DOCS = Path(__file__).parent.parent / "docs" / "service.md"


def test_every_room_is_filled_from_the_environment(tmp_path: Path) -> None:
    settings = read_settings(
        {
            "RECTO_HOME": str(tmp_path),
            "RECTO_PORT": "1234",
            "RECTO_LONG_POLL_S": " 7.5 ",
            "RECTO_RETENTION_H": "48",
            "RECTO_NOTES_IN_MESSAGES": "true",
            "RECTO_WORKER_SLOTS": "0",
            "RECTO_MAX_MEGAPIXELS": "12",
            "RECTO_BLOBS": "",
        }
    )
    assert settings.home == tmp_path == settings.store.home
    assert settings.server.port == 1234
    assert settings.web.long_poll_s == 7.5
    assert settings.web.notes_in_messages
    assert settings.tasks.retention_h == 48
    assert settings.service.slots == 0
    assert settings.codec.max_megapixels == 12
    assert settings.store.blobs is None


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "recto.toml"
    file.write_text(f'home = "{tmp_path}"\nport = 1\nhost = "0.0.0.0"\nlong_poll_s = 3\n')
    environ = {"RECTO_CONFIG": str(file), "RECTO_PORT": "2", "RECTO_LONG_POLL_S": "4"}
    settings = read_settings(environ, {"port": 3, "host": None})
    assert (settings.server.port, settings.server.host, settings.web.long_poll_s) == (3, "0.0.0.0", 4)
    assert settings.home == tmp_path


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PORT", "many"), ("PORT", "-1"), ("LONG_POLL_S", "600"), ("UPSCALE_FACTOR", "9"), ("NOTES_IN_MESSAGES", "maybe")],
)
def test_a_value_that_cannot_be_is_refused_by_its_name(variable: str, value: str) -> None:
    with pytest.raises(SettingError, match=PREFIX + variable):
        read_settings({PREFIX + variable: value})


@pytest.mark.parametrize(
    ("text", "word"), [("prt = 1", "port"), ("port = ", "recto.toml"), ("xyzzy = 1", "settings are")]
)
def test_a_bad_file_is_refused_with_advice(tmp_path: Path, text: str, word: str) -> None:
    file = tmp_path / "recto.toml"
    file.write_text(text)
    with pytest.raises(SettingError, match=word):
        read_settings({"RECTO_CONFIG": str(file)})


def test_an_address_of_a_database_that_is_none_is_not_repeated() -> None:
    with pytest.raises(SettingError, match="RECTO_DATABASE_URL: no connection string") as caught:
        read_settings({"RECTO_DATABASE_URL": "postgres//recto:hunter2@host/recto"})
    assert "hunter2" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="cannot be read"):
        read_settings({"RECTO_CONFIG": str(tmp_path / "none.toml")})


def test_a_misspelt_variable_is_pointed_out() -> None:
    assert unknown_variables({"RECTO_PROT": "1", "RECTO_PORT": "1", "RECTO_CONFIG": "x", "PATH": "/"}) == [
        "RECTO_PROT is not a setting; did you mean RECTO_PORT?"
    ]


def test_every_setting_is_described_and_in_the_docs() -> None:
    text = DOCS.read_text("utf-8")
    lines = {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("| `RECTO_")}
    names = set()
    for row in rows():
        assert row.description.endswith("."), row.variable
        line = lines.get(f"`{row.variable}`")
        assert line == f"| `{row.variable}` | {row.default} | {row.description} |", row.variable
        names.add(f"`{row.variable}`")
    assert set(lines) == names


def test_the_largest_file_fits_into_the_largest_body() -> None:
    settings = read_settings({})
    assert settings.codec.max_bytes * 4 / 3 < settings.web.max_body_mb * 1e6 < settings.web.max_bodies_mb * 1e6
