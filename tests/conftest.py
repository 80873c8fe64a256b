"""One live server for every test that can share it."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import hypothesis
import pytest

from tests.live import LiveServer

# How long an example takes, or the making of one, is the machine's affair.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")


def pytest_configure() -> None:
    """Told to end, such as by a run that takes too long, take down what the tests have started, as on Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A running ``recto serve``; stopped at the end, and the stop has to be clean."""
    live = LiveServer(tmp_path_factory.mktemp("live") / "home").start()
    yield live
    assert live.stop() == 0


@pytest.fixture(scope="session")
def token(server: LiveServer) -> str:
    """A token of the first client."""
    return server.token()
