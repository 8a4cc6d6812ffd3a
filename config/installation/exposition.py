"""Writes all metrics as Prometheus reads them. What cannot be read is left out, counted and logged."""

import logging
from collections.abc import Iterable, Iterator
from itertools import accumulate

import redis
from django.db import DatabaseError
from prometheus_client import Metric as Family
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST as EXPOSITION_TYPE
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from config.installation.gauges import GAUGES, Gauge
from projects.metrics.counters import SUM_PART, TIMER_BUCKETS, Metric, Series, TimedMetric
from projects.metrics.reporting import read_sums
from projects.metrics.table import COUNTED_METRICS
from tracing.lists.bounded import TooLong

__all__ = ["EXPOSITION_TYPE", "exposed"]

logger = logging.getLogger(__name__)

READING_ERRORS = (redis.RedisError, DatabaseError, TooLong, OSError)
UNREAD_METRICS = "confab_unread_metrics"
BUCKET_NAMES = (*map(str, TIMER_BUCKETS), "+Inf")


def exposed() -> bytes:
    """Return all metrics as text."""
    return generate_latest(_Families())


class _Families(Collector):
    """What prometheus_client takes for a registry, made when it is read."""

    def collect(self) -> Iterator[Family]:
        """Yield all families, and at last how many could not be read."""
        unread = 0
        try:
            yield from _counted(read_sums())
        except redis.RedisError as error:
            unread += len(COUNTED_METRICS)
            logger.warning("cannot read the counts: %s", error)
        for gauge in GAUGES:
            try:
                yield _looked_up(gauge)
            except READING_ERRORS as error:
                unread += 1
                logger.warning("cannot read %s: %s", gauge.name, error)
        yield GaugeMetricFamily(UNREAD_METRICS, "Metrics that could not be read.", value=unread)


def _looked_up(gauge: Gauge) -> Family:
    family = GaugeMetricFamily(gauge.name, gauge.help, labels=gauge.labels)
    for values, number in gauge.read():
        family.add_metric(list(map(str, values)), number)
    return family


def _counted(sums: dict[Series, float]) -> Iterator[Family]:
    for metric in COUNTED_METRICS:
        if isinstance(metric, TimedMetric):
            yield _timer(metric, sums)
        else:
            counter = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
            for series, amount in sums.items():
                if series.name == metric.name:
                    counter.add_metric(series.values, amount)
            yield counter


def _timer(metric: TimedMetric, sums: dict[Series, float]) -> Family:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    for values, buckets, seconds in _timed(metric, sums):
        family.add_metric(values, list(zip(BUCKET_NAMES, buckets, strict=True)), seconds)
    return family


def _timed(metric: Metric, sums: dict[Series, float]) -> Iterable[tuple[tuple[str, ...], list[float], float]]:
    """Yield values of the labels, how many took at most as long as each bound, and the sum of seconds."""
    for values in sorted({series.values for series in sums if series.name == metric.name}):
        numbers = (sums.get(Series(metric.name, str(bucket), values), 0.0) for bucket in range(len(BUCKET_NAMES)))
        yield values, list(accumulate(numbers)), sums.get(Series(metric.name, SUM_PART, values), 0.0)
