"""What can be said of the files for containers and clusters where there is neither: form, names and numbers."""

from __future__ import annotations

import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from recto.cli import COMMANDS
from recto.settings import PREFIX, read_settings, rows

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = "1.33"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
SETTINGS = {row.variable for row in rows()}


def documents(path: Path) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(path.read_text("utf-8")) if document]


def manifest(kind: str, name: str) -> dict[str, Any]:
    every = [document for path in MANIFESTS for document in documents(path)]
    (found,) = [d for d in every if d["kind"] == kind and d["metadata"]["name"] == name]
    return found


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return found


def seconds(text: str) -> float:
    assert text.endswith("s"), text
    return float(text[:-1])


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_manifests_are_what_kubernetes_reads(path: Path) -> None:
    for document in documents(path):
        if document["kind"] != "Kustomization":
            kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_the_kustomization_names_every_manifest() -> None:
    (listed,) = documents(DEPLOY / "kubernetes" / "kustomization.yaml")
    assert {*listed["resources"], "kustomization.yaml"} == {path.name for path in MANIFESTS}
    if shutil.which("kubectl"):
        done = subprocess.run(
            ["kubectl", "kustomize", str(DEPLOY / "kubernetes")], capture_output=True, text=True, check=True, timeout=60
        )
        assert done.stdout.count("kind: Deployment") == 2
        assert "image: registry.example.org/recto:latest" in done.stdout


def test_the_compose_file_is_one() -> None:
    schema = resources.files("check_jsonschema.builtin_schemas").joinpath("vendor", "compose-spec.json")
    jsonschema.validate(compose(), json.loads(schema.read_text("utf-8")))


def settings_of(*sources: dict[str, Any]) -> Any:
    """The settings of a deployment; a name that is none, or a value that cannot be, fails."""
    merged = {name: str(value) for source in sources for name, value in source.items()}
    ours = {name: value for name, value in merged.items() if name.startswith(PREFIX)}
    assert ours.keys() <= SETTINGS, ours.keys() - SETTINGS
    plain = {k: re.sub(r"\$\{[^}]*\}", "a-value-of-the-env-file", v) for k, v in ours.items()}
    return read_settings({"RECTO_HOME": "/data", **plain})


def image_environment() -> dict[str, str]:
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    return dict(re.findall(r"\b(RECTO_[A-Z_]+)=(\S+)", text))


def test_a_container_has_as_long_to_stop_as_its_settings_ask_for() -> None:
    services, image = compose()["services"], image_environment()
    for name in ("server-1", "server-2"):
        settings = settings_of(image, services[name]["environment"])
        assert seconds(services[name]["stop_grace_period"]) >= settings.server.stop_grace_s + 10
    settings = settings_of(image, services["worker"]["environment"])
    assert seconds(services["worker"]["stop_grace_period"]) >= settings.service.drain_s + 10
    shared = manifest("ConfigMap", "recto")["data"]
    secret = {"RECTO_METRICS_TOKEN": "sixteen-characters"}
    settings = settings_of(image, shared, secret)
    server = manifest("Deployment", "recto-server")["spec"]["template"]["spec"]
    before = float(server["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][-1])
    assert server["terminationGracePeriodSeconds"] >= before + settings.server.stop_grace_s + 10
    worker = manifest("Deployment", "recto-worker")["spec"]["template"]["spec"]
    assert worker["terminationGracePeriodSeconds"] >= settings.service.drain_s + 10


def test_memory_is_enough_for_what_a_worker_may_use() -> None:
    shared = settings_of(image_environment(), manifest("ConfigMap", "recto")["data"])
    limit = manifest("Deployment", "recto-worker")["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
    assert (
        float(limit["memory"].removesuffix("Gi")) * 1073 >= shared.service.slots * shared.service.task_memory_mb + 512
    )
    worker = compose()["services"]["worker"]
    settings = settings_of(image_environment(), worker["environment"])
    allowed = float(worker["deploy"]["resources"]["limits"]["memory"].removesuffix("G")) * 1073
    assert allowed >= settings.service.slots * settings.service.task_memory_mb + 512


def pods() -> list[dict[str, Any]]:
    return [manifest("Deployment", name)["spec"]["template"]["spec"] for name in ("recto-server", "recto-worker")]


def test_nothing_runs_as_root_or_writes_to_its_image() -> None:
    assert re.search(r"^USER 10001:10001$", (DEPLOY / "Containerfile").read_text("utf-8"), re.MULTILINE)
    for pod in pods():
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["automountServiceAccountToken"]
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/tmp", "/data"}
    for name in ("server-1", "server-2", "worker"):
        service = compose()["services"][name]
        assert service["read_only"]
        assert service["user"] == "10001:10001"
        assert service["cap_drop"] == ["ALL"]


def test_only_the_proxy_is_on_a_network_that_leads_out() -> None:
    file = compose()
    outward = {name for name, network in file["networks"].items() if not (network or {}).get("internal")}
    assert {n for n, s in file["services"].items() if outward & set(s.get("networks", ()))} == {"proxy"}
    assert {n for n, s in file["services"].items() if "ports" in s} == {"proxy"}
    assert "respond /metrics 404" in (DEPLOY / "Caddyfile").read_text("utf-8")


def test_no_secret_is_written_down() -> None:
    for name, service in compose()["services"].items():
        for variable, value in (service.get("environment") or {}).items():
            if re.search("PASSWORD|SECRET|KEY|TOKEN", variable):
                assert re.fullmatch(r"\$\{[A-Z0-9_]+:\?.*\}", str(value)), f"{name}: {variable}"
    assert not {k for k in manifest("ConfigMap", "recto")["data"] if re.search("URL|SECRET|ACCESS_KEY|TOKEN", k)}
    named = set(re.findall(r"^([A-Z0-9_]+)=", (DEPLOY / ".env.example").read_text("utf-8"), re.MULTILINE))
    asked = set(re.findall(r"\$\{([A-Z0-9_]+)", (DEPLOY / "compose.yaml").read_text("utf-8")))
    assert asked <= named
    for pod in pods():
        assert {"secretRef": {"name": "recto"}} in pod["containers"][0]["envFrom"]


def test_two_servers_four_workers_and_a_budget_for_each() -> None:
    services = compose()["services"]
    assert [services[n]["command"] for n in ("server-1", "server-2")] == [["recto", "serve", "--no-worker"]] * 2
    assert services["worker"]["deploy"]["replicas"] == manifest("Deployment", "recto-worker")["spec"]["replicas"] == 4
    for part in ("server", "worker"):
        deployment, budget = manifest("Deployment", f"recto-{part}"), manifest("PodDisruptionBudget", f"recto-{part}")
        chosen = budget["spec"]["selector"]["matchLabels"].items()
        assert chosen <= deployment["spec"]["template"]["metadata"]["labels"].items()
        assert (
            deployment["spec"]["selector"]["matchLabels"].items()
            <= deployment["spec"]["template"]["metadata"]["labels"].items()
        )


def test_commands_and_probes_are_real_ones() -> None:
    health = (ROOT / "src" / "recto" / "web" / "health.py").read_text("utf-8")
    for pod in pods():
        (container,) = pod["containers"]
        assert container["command"][0] == "recto"
        assert container["command"][1] in COMMANDS
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            path = container.get(probe, {}).get("httpGet", {}).get("path")
            assert path is None or f'"{path}"' in health
    for path in re.findall(r"health_uri (\S+)", (DEPLOY / "Caddyfile").read_text("utf-8")):
        assert f'"{path}"' in health


def test_the_image_copies_what_there_is_and_installs_extras_that_there_are() -> None:
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE):
        *sources, _ = line.split()
        for source in sources:
            assert (ROOT / source).exists(), source
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    for extra in re.search(r"'\.\[(.*?)\]'", text)[1].split(","):  # type: ignore[index]
        assert f"\n{extra} = [" in project
    assert text.count("FROM ") == 2


def healthy(*arguments: str, **environ: str) -> int:
    command = [sys.executable, "-S", "-E", str(DEPLOY / "healthy.py"), *arguments]
    return subprocess.run(command, env={**os.environ, **environ}, timeout=60, check=False).returncode


def test_a_worker_is_healthy_while_it_touches_its_file(tmp_path: Path) -> None:
    file = tmp_path / "alive"
    assert healthy("worker", RECTO_ALIVE_FILE=str(file)) == 1
    file.touch()
    assert healthy("worker", RECTO_ALIVE_FILE=str(file)) == 0
    old = time.time() - 300
    os.utime(file, (old, old))
    assert healthy("worker", RECTO_ALIVE_FILE=str(file)) == 1


def test_a_server_is_healthy_while_it_answers(tmp_path: Path) -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        status = 200

        def do_GET(self) -> None:
            self.send_response(Handler.status if self.path == "/health/live" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = str(server.server_port)
        assert healthy(RECTO_PORT=port) == 0
        Handler.status = 503
        assert healthy(RECTO_PORT=port) == 1
        server.shutdown()
        thread.join()
    assert healthy(RECTO_PORT=port) == 1


def test_the_dashboard_has_a_place_for_every_panel() -> None:
    board = json.loads((DEPLOY / "grafana" / "recto.json").read_text("utf-8"))
    taken: set[tuple[int, int]] = set()
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
        assert panel["type"] == "row" or panel["targets"]
