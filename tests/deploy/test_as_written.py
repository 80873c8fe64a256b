"""Commands, ports, paths and names in the files for containers and clusters are those that the product has today."""

from __future__ import annotations

import asyncio
import re
import shlex
import socket
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from recto.cli import app
from recto.errors import StoreUnavailableError
from recto.service.same_store import PATIENCE_S
from recto.store import ObjectStore
from tests.deploy.test_deploy import DEPLOY, ROOT, compose, image_environment, manifest, pods, settings_of

CONTAINERFILE = (DEPLOY / "Containerfile").read_text("utf-8")
OURS = ("server-1", "server-2", "worker")
DOCS = [ROOT / "docs" / name for name in ("deploy.md", "operating.md", "scaling.md", "service.md")]
ELSEWHERE = ("podman", "docker", "kubectl")


def commands_of_the_files() -> set[str]:
    """Every command of ours that a container is started with."""
    found = {" ".join(compose()["services"][name]["command"]) for name in OURS}
    found |= {" ".join(pod["containers"][0]["command"]) for pod in pods()}
    (command,) = re.findall(r"^CMD (\[.*\])$", CONTAINERFILE, re.MULTILINE)
    return {*found, " ".join(yaml.safe_load(command))}


def commands_of_the_docs() -> set[str]:
    """Every command of ours in a block of shell, also those that are handed to a container."""
    found = set()
    for path in DOCS:
        for block in re.findall(r"```(?:sh)?\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                code = line.split(" #")[0].strip()
                if code.startswith("recto "):
                    found.add(code)
                elif code.startswith(ELSEWHERE):
                    found |= {
                        said.strip()
                        for said in re.findall(r"(?<![\w/:-])recto (?:serve|worker|client|doctor|tasks).*", code)
                    }
    return found


def parse(command: str) -> None:
    """As the command line would, without running it."""
    first, *words = shlex.split(command)
    assert first == "recto"
    group: Any = typer.main.get_command(app)
    context = group.make_context(first, words)
    while hasattr(group, "resolve_command"):
        name, group, words = group.resolve_command(context, words)
        context = group.make_context(name, list(words), parent=context)


@pytest.mark.parametrize("command", sorted(commands_of_the_files() | commands_of_the_docs()))
def test_a_command_is_one(command: str) -> None:
    parse(command)


def test_one_port_from_the_image_to_the_proxy() -> None:
    port = image_environment()["RECTO_PORT"]
    assert re.findall(r"^EXPOSE (\d+)$", CONTAINERFILE, re.MULTILINE) == [port]
    assert set(re.findall(r"server-\d:(\d+)", (DEPLOY / "Caddyfile").read_text("utf-8"))) == {port}
    assert set(re.findall(r"server-\d:(\d+)", (DEPLOY / "prometheus" / "prometheus.yaml").read_text("utf-8"))) == {port}
    server = manifest("Deployment", "recto-server")["spec"]["template"]
    assert [str(one["containerPort"]) for one in server["spec"]["containers"][0]["ports"]] == [port]
    assert server["metadata"]["annotations"]["prometheus.io/port"] == port
    upstreams = set(re.findall(r"(server-\d):", (DEPLOY / "Caddyfile").read_text("utf-8")))
    assert upstreams == {name for name in compose()["services"] if name.startswith("server-")}


def test_the_proxy_lets_through_what_servers_take_and_waits_as_long_as_they_do() -> None:
    caddy = (DEPLOY / "Caddyfile").read_text("utf-8")
    settings = settings_of(image_environment(), compose()["services"]["server-1"]["environment"])
    (most_mb,) = re.findall(r"max_size (\d+)MB", caddy)
    assert float(most_mb) >= settings.web.max_body_mb
    (wait_s,) = re.findall(r"response_header_timeout (\d+)s", caddy)
    assert float(wait_s) >= max(settings.web.prefer_wait_max_s, settings.web.long_poll_s) + 10


def test_what_is_written_to_can_be_written_to() -> None:
    image = image_environment()
    assert image["RECTO_HOME"] == "/data"
    assert Path(image["RECTO_ALIVE_FILE"]).parent == Path("/tmp")
    assert re.findall(r"^VOLUME (\S+)$", CONTAINERFILE, re.MULTILINE) == ["/data"]
    for name in OURS:
        places = {place.partition(":")[0]: place for place in compose()["services"][name]["tmpfs"]}
        assert places.keys() == {"/tmp", "/data"}
        assert "uid=10001,gid=10001" in places["/data"]
    for pod in pods():
        assert pod["securityContext"]["runAsUser"] == pod["securityContext"]["fsGroup"] == 10001


def test_the_health_check_is_where_the_image_has_it() -> None:
    (place,) = re.findall(r"^COPY deploy/healthy.py (\S+)$", CONTAINERFILE, re.MULTILINE)
    (asked,) = re.findall(r"^HEALTHCHECK .*CMD (\[.*\])$", CONTAINERFILE, re.MULTILINE)
    command = yaml.safe_load(asked)
    assert command[-1] == place
    assert compose()["services"]["worker"]["healthcheck"]["test"] == ["CMD", *command, "worker"]
    worker = manifest("Deployment", "recto-worker")["spec"]["template"]["spec"]["containers"][0]
    for probe in ("startupProbe", "livenessProbe"):
        assert worker[probe]["exec"]["command"] == [*command, "worker"]


def test_a_start_that_waits_for_database_and_blobs_is_not_cut_short() -> None:
    settings = settings_of(image_environment(), manifest("ConfigMap", "recto")["data"], {"RECTO_METRICS": "local"})
    for pod in pods():
        probe = pod["containers"][0]["startupProbe"]
        assert (
            probe["periodSeconds"] * probe["failureThreshold"] >= settings.database.database_start_s + PATIENCE_S + 15
        )


def test_the_names_of_the_bucket_are_those_that_the_store_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
        environment = compose()["services"]["worker"]["environment"]
        for name, value in environment.items():
            if name.startswith("AWS_"):
                monkeypatch.setenv(name, nowhere if value.startswith("http") else value)
        store = ObjectStore(environment["RECTO_BLOBS"], retry_config={"max_retries": 0})
        with pytest.raises(StoreUnavailableError, match=f"GET {nowhere}/recto/pages/abcd "):
            asyncio.run(store.get("abcd"))
    cluster = {name for name in manifest("ConfigMap", "recto")["data"] if name.startswith("AWS_")}
    assert cluster <= environment.keys()
