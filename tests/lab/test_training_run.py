"""A run that was stopped goes on where it was."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: no training here")

from lab.training.run import Run  # noqa: E402


def begun() -> Run:
    torch.manual_seed(1)
    return Run.of(torch.nn.Linear(3, 1), 0.01)


def learnt(run: Run, steps: int) -> Run:
    for _ in range(steps):
        run.optimiser.zero_grad()
        run.net(torch.ones(1, 3)).square().sum().backward()
        run.optimiser.step()
        run.stepped()
    return run


def test_a_stopped_run_ends_where_the_whole_one_does(tmp_path: Path) -> None:
    whole = learnt(begun(), 6)
    first = learnt(begun(), 3)
    first.hours = 0.5
    first.save(tmp_path / "last.pt")
    second = begun()
    second.resume(tmp_path / "last.pt")
    assert (second.step, second.hours) == (3, 0.5)
    learnt(second, 3)
    for part in ("net", "average"):
        found, wanted = (getattr(run, part).weight for run in (second, whole))
        assert torch.equal(found, wanted)


def test_the_average_follows_slower_than_the_net() -> None:
    run = begun()
    start = run.net.weight.detach().clone()
    learnt(run, 3)
    assert (run.average.weight - start).abs().sum() < (run.net.weight - start).abs().sum()


def test_checkpoints_that_counted_seconds_are_read(tmp_path: Path) -> None:
    run = learnt(begun(), 2)
    run.save(tmp_path / "last.pt")
    state = torch.load(tmp_path / "last.pt", weights_only=True)
    del state["hours"]
    torch.save({**state, "spent_s": 1800.0}, tmp_path / "last.pt")
    again = begun()
    again.resume(tmp_path / "last.pt")
    assert (again.step, again.hours) == (2, 0.5)
