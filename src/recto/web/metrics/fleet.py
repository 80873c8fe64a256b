"""What the database knows of all processes, as Prometheus wants to read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from recto import __version__
from recto.service import BUCKETS_S, CATALOGUE, CLASSES, Counted, Sight
from recto.tasks import Count

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily

_POOL_GAUGES = {
    "pool_size": "Connections of this process.",
    "pool_available": "Connections of this process that are free.",
    "pool_max": "The most connections that this process opens.",
    "requests_waiting": "Callers in this process that wait for a connection.",
}
_POOL_COUNTERS = {
    "requests_num": "Times that a connection was asked for.",
    "requests_queued": "Times that a caller had to wait for a connection.",
    "requests_errors": "Times that a caller got no connection in time.",
    "connections_errors": "Connections that could not be opened.",
    "connections_lost": "Connections that were found broken.",
}


def registry_of(sight: Sight) -> CollectorRegistry:
    """A registry that holds what was seen."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Seen(sight))
    return registry


class _Seen(Collector):
    def __init__(self, sight: Sight) -> None:
        self._sight = sight

    def collect(self) -> Iterable[Family]:
        sight = self._sight
        yield GaugeMetricFamily("recto_database_up", "Whether the database answers.", _flag(sight.database is not None))
        yield GaugeMetricFamily("recto_blobs_up", "Whether the blob store answers.", _flag(sight.blobs_up))
        if sight.blobs_free_mb is not None:
            yield GaugeMetricFamily("recto_blobs_free_bytes", "Room on the blobs' disk.", sight.blobs_free_mb * 1e6)
        yield from _pool(sight)
        version = GaugeMetricFamily("recto_info", "The version of this server.", labels=("version",))
        version.add_metric((__version__,), 1)
        yield version
        if sight.database is not None:
            yield from _database(sight)
            yield from _open_tasks(sight)
            yield from _counts(sight.counts)


def _pool(sight: Sight) -> Iterator[Family]:
    for name, meaning in _POOL_GAUGES.items():
        yield GaugeMetricFamily(f"recto_database_pool_{name.removeprefix('pool_')}", meaning, sight.pool.get(name, 0))
    for name, meaning in _POOL_COUNTERS.items():
        yield CounterMetricFamily(f"recto_database_pool_{name.removesuffix('_num')}", meaning, sight.pool.get(name, 0))


def _database(sight: Sight) -> Iterator[Family]:
    seen = sight.database
    assert seen is not None
    yield GaugeMetricFamily("recto_workers", "Workers that were heard of lately.", sight.workers)
    yield GaugeMetricFamily("recto_webhook_deliveries", "Messages that are to be delivered.", seen.deliveries)
    yield GaugeMetricFamily("recto_webhook_oldest_seconds", "Age of the oldest of them.", seen.oldest_delivery_s)
    webhooks = GaugeMetricFamily("recto_webhooks", "Receivers of messages.", labels=("state",))
    for state in ("well", "failing", "disabled"):
        webhooks.add_metric((state,), getattr(seen, f"webhooks_{state}"))
    yield webhooks
    yield GaugeMetricFamily("recto_database_bytes", "Size of the database.", seen.bytes)
    yield GaugeMetricFamily("recto_database_connections", "Connections of everybody.", seen.connections)
    yield GaugeMetricFamily("recto_database_connections_max", "What the database allows.", seen.connections_max)
    yield GaugeMetricFamily("recto_database_task_rows", "Tasks that are kept; a guess.", seen.task_rows)
    yield GaugeMetricFamily("recto_database_up_seconds", "Since the database started.", seen.up_s)
    yield GaugeMetricFamily("recto_database_migration", "The newest migration.", seen.migration)
    yield GaugeMetricFamily(
        "recto_clock_ahead_seconds", "By how much this machine's clock is ahead of the database's.", sight.clock_ahead_s
    )


def _open_tasks(sight: Sight) -> Iterator[Family]:
    tasks = GaugeMetricFamily("recto_open_tasks", "Open tasks.", labels=("state", "client_class", "filter"))
    size = GaugeMetricFamily("recto_open_tasks_bytes", "Bytes of their files.", labels=("state",))
    oldest = GaugeMetricFamily(
        "recto_queue_oldest_seconds", "Age of the oldest waiting task.", labels=("client_class",)
    )
    bytes_by_state = dict.fromkeys(("pending", "processing"), 0)
    age_s = dict.fromkeys(CLASSES, 0.0)
    for seen in sight.open_tasks:
        tasks.add_metric((seen.state, seen.client_class, seen.filter), seen.tasks)
        bytes_by_state[seen.state] += seen.bytes
        if seen.state == "pending":
            age_s[seen.client_class] = max(age_s[seen.client_class], seen.oldest_s)
    for state, count in bytes_by_state.items():
        size.add_metric((state,), count)
    for client_class, seconds in age_s.items():
        oldest.add_metric((client_class,), seconds)
    by_state = GaugeMetricFamily("recto_queue_tasks", "Open tasks by state alone.", labels=("state",))
    for state in bytes_by_state:
        by_state.add_metric((state,), sum(seen.tasks for seen in sight.open_tasks if seen.state == state))
    yield from (tasks, by_state, size, oldest)


def _counts(counts: Iterable[Count]) -> Iterator[Family]:
    by_name: defaultdict[str, list[Count]] = defaultdict(list)
    for count in counts:
        by_name[count.name].append(count)
    for counted in CATALOGUE:
        if counted.kind == "counter":
            yield _counter(counted, by_name[counted.name])
        else:
            yield _histogram(counted, by_name[f"{counted.name}_bucket"], by_name[f"{counted.name}_sum"])


def _counter(counted: Counted, counts: list[Count]) -> CounterMetricFamily:
    family = CounterMetricFamily(counted.name, counted.help, labels=tuple(counted.labels))
    values = {tuple(known.values()): 0.0 for known in counted.known()}
    values |= {_values(counted, count): count.value for count in counts}
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family


def _histogram(counted: Counted, buckets: list[Count], sums: list[Count]) -> HistogramMetricFamily:
    family = HistogramMetricFamily(counted.name, counted.help, labels=tuple(counted.labels))
    bounds = [f"{bound:g}" for bound in BUCKETS_S] + ["+Inf"]
    found: defaultdict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for known in counted.known():
        found[tuple(known.values())] = {}
    for count in buckets:
        found[_values(counted, count)][count.labels["le"]] = count.value
    totals = {_values(counted, count): count.value for count in sums}
    for labels, values in found.items():
        running, cumulative = 0.0, []
        for bound in bounds:
            running += values.get(bound, 0.0)
            cumulative.append((bound, running))
        family.add_metric(labels, cumulative, totals.get(labels, 0.0))
    return family


def _values(counted: Counted, count: Count) -> tuple[str, ...]:
    return tuple(count.labels.get(label, "") for label in counted.labels)


def _flag(value: bool) -> float:
    return 1.0 if value else 0.0
