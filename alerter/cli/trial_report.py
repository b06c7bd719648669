"""What rule tests came to: a line a test, and for one that failed the timeline as it was and as it should be."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import typer

from alerter.cli.options import Shape
from alerter.cli.show import as_csv, as_json
from alerter.core.calendar import zone
from alerter.core.model import Event
from alerter.core.trial import Expected, Trial
from alerter.pipeline.compare import Met, differs

HEADER = ("file", "line", "name", "ok", "told", "missing", "extra")
LEFT_OUT = 20
"""Messages shown between two that matter; more are counted."""


def say(results: Sequence[Met], output: Shape, *, color: bool) -> None:
    """Print them all."""
    if output == "json":
        as_json([as_item(met) for met in results])
    elif output == "csv":
        as_csv(HEADER, ({**as_item(met), **_numbers(met)} for met in results))
    else:
        for met in results:
            typer.secho(verdict(met), fg=None if not color else "green" if met.ok else "red")
            if not met.ok:
                typer.echo("\n".join(difference(met)) + "\n")
        typer.echo(summary(results))


def verdict(met: Met) -> str:
    trial = met.trial
    return f"{'ok  ' if met.ok else 'FAIL'}  {trial.file}:{trial.line}  {trial.name}"


def summary(results: Sequence[Met]) -> str:
    failed = sum(not met.ok for met in results)
    tests = f"{len(results)} test{'' if len(results) == 1 else 's'}"
    return f"{tests}: {f'{failed} failed' if failed else 'all passed'}"


def difference(met: Met) -> list[str]:
    """The timeline: `-` was expected and not told, `+` was told and not expected, the others are as they should be."""
    matched = {event.id: expected for expected, event in met.pairs}
    extra = {event.id for event in met.extra}
    rows = [(event.at, _sign(event, matched, extra), event_words(event, met.trial)) for event in met.told]
    lines = ["      - expected and not told   + told and not expected   = as expected   (blank) told, allowed"]
    late = datetime.max.replace(tzinfo=zone("UTC"))
    missing = [(e.since or e.until or late, e) for e in met.missing]
    for at, sign, text in rows:
        for expected in [e for since, e in missing if since <= at]:
            lines += _missed(expected, met)
        missing = [(since, e) for since, e in missing if since > at]
        lines.append(f"    {sign} {text}")
    for _, expected in missing:
        lines += _missed(expected, met)
    return lines if rows else [*lines, "      nothing was told"]


def _sign(event: Event, matched: dict[str, Expected], extra: set[str]) -> str:
    return "=" if event.id in matched else "+" if event.id in extra else " "


def _missed(expected: Expected, met: Met) -> Iterator[str]:
    yield f"    - {expected_words(expected)}   ({met.trial.file}:{expected.line})"
    near = nearest(expected, met)
    if near is not None:
        event, wrong = near
        yield f"        nearest: {event_words(event, met.trial)}; differs in {', '.join(wrong)}"
        if wrong == ["says"]:
            text = next(iter(met.say(event).values()), "")
            yield from (f"        | {line}" for line in text.splitlines() if line)


def nearest(expected: Expected, met: Met) -> tuple[Event, list[str]] | None:
    """The message that differs in the least, if it has anything in common, and in what."""
    free = {event.id for _, event in met.pairs}
    found = [(differs(expected, event, met.say), event) for event in met.told if event.id not in free]
    asked = len(_parts(expected)) + bool(expected.when)
    ranked = sorted(((len(wrong), n) for n, (wrong, _) in enumerate(found)), key=lambda pair: pair)
    if not ranked or ranked[0][0] >= max(asked, 2):
        return None
    wrong, event = found[ranked[0][1]]
    return None if "rule" in wrong else (event, wrong)


def expected_words(expected: Expected) -> str:
    """`2026-05-09  quota-used  crossed  warning  90%  "78%"`."""
    says = " ".join(f'"{part}"' for part in expected.says)
    return "  ".join(
        part for part in (expected.when or "any day", *_parts(expected), f"says {says}" if says else "") if part
    )


def _parts(expected: Expected) -> list[str]:
    named = (
        expected.rule,
        expected.reason,
        expected.severity,
        expected.threshold,
        expected.metric,
        expected.account,
        f"to {expected.channel}" if expected.channel else None,
    )
    return [str(part) for part in named if part]


def event_words(event: Event, trial: Trial) -> str:
    """`2026-05-09 23:59  quota-used  crossed  warning  90%  num_operations  to finance-slack`."""
    at = event.at.astimezone(zone(trial.timezone))
    key = event.key
    about = [key.rule, event.reason, event.severity, event.threshold or "", key.metric] if key else [event.reason]
    account = key.subject if key and key.subject_kind == "account" else ""
    parts = [f"{at:%Y-%m-%d %H:%M}", *about, account, f"to {', '.join(event.channels)}" if event.channels else ""]
    return "  ".join(str(part) for part in parts if part)


def as_item(met: Met) -> dict[str, object]:
    """One test for programs."""
    trial = met.trial
    return {
        "file": trial.file,
        "line": trial.line,
        "name": trial.name,
        "ok": met.ok,
        "told": [_told(event) for event in met.told],
        "missing": [{"line": e.line, "expected": expected_words(e)} for e in met.missing],
        "extra": [_told(event) for event in met.extra],
    }


def _told(event: Event) -> dict[str, object]:
    key = event.key
    return {
        "at": event.at.isoformat(),
        "rule": key.rule if key else None,
        "subject": key.subject if key else None,
        "metric": key.metric if key else None,
        "reason": event.reason.value,
        "severity": event.severity.value,
        "threshold": event.threshold,
        "value": event.value,
        "channels": list(event.channels),
    }


def _numbers(met: Met) -> dict[str, object]:
    return {"told": len(met.told), "missing": len(met.missing), "extra": len(met.extra)}
