"""Prometheus' text format."""

from __future__ import annotations

from tooling.kit.exposition import Sample, samples, total

PAGE = """\
# HELP queue_size What waits.
# TYPE queue_size gauge
queue_size{exporter="otlp_http/langfuse",data_type="traces"} 1e+08
up 1
sent_total{to="a \\"b\\" \\\\ c\\nd"} 3 1700000000000
latency_bucket{le="+Inf"} +Inf

<html>
broken{a="b"} many
"""


def test_each_series_has_its_name_its_labels_and_its_value() -> None:
    queue = {"exporter": "otlp_http/langfuse", "data_type": "traces"}

    assert [*samples(PAGE)] == [
        Sample(name="queue_size", labels=queue, value=100_000_000),
        Sample(name="up", labels={}, value=1),
        Sample(name="sent_total", labels={"to": 'a "b" \\ c\nd'}, value=3),
        Sample(name="latency_bucket", labels={"le": "+Inf"}, value=float("inf")),
    ]


def test_a_total_is_of_one_name_and_of_the_labels_that_are_asked_for() -> None:
    found = [
        *samples('a{x="1",y="1"} 1\na{x="1",y="2"} 2\na{x="2",y="1"} 4\nb{x="1"} 8\na_total 16\n')
    ]

    assert total(found, "a") == 7
    assert total(found, "a", x="1") == 3
    assert total(found, "a", x="1", y="2") == 2
    assert total(found, "a", z="1") == 0
