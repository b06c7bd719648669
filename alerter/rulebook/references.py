"""Names that one entry uses and another must define: accounts, channels, metrics. Read from the tree, so that an
entry with other mistakes is checked all the same."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from alerter.core.errors import Mistake
from alerter.core.kinds import KINDS
from alerter.core.metrics import CATALOGUE, Metric, MetricKind
from alerter.rulebook.nodes import Node, Step, Tree, texts
from alerter.rulebook.words import Nearest, shown

Path = tuple[Step, ...]
IS = {
    MetricKind.COUNTER: "is a number of operations",
    MetricKind.DISTINCT: "counts the different apps of a period",
    MetricKind.GAUGE: "is a number at a moment",
    MetricKind.MAP: "lists operations by app or key",
}
MAPS = frozenset(name for name, metric in CATALOGUE.items() if metric.kind is MetricKind.MAP)


def references(tree: Tree) -> Iterator[Mistake]:
    """Every name that is used and not defined."""
    nearest = Nearest()
    metrics = {**CATALOGUE, **tree.names("metrics")}
    yield from _licenses(tree, metrics, nearest)
    yield from _rules(tree, metrics, nearest)
    yield from _sums(tree, nearest)


def _unknown(tree: Tree, path: Path, what: str, name: str, known: Mapping[str, object], nearest: Nearest) -> Mistake:
    hint = nearest.hint(name, known) if known else f"no {what} is defined"
    return tree.mistake(path, f"unknown {what} {shown(name)}", hint, at_key=not isinstance(path[-1], int))


def _licenses(tree: Tree, metrics: Mapping[str, object], nearest: Nearest) -> Iterator[Mistake]:
    accounts = tree.names("accounts")
    for name, located in tree.names("licenses").items():
        node, path = located.entry.node, ("licenses", name)
        seen: set[str] = set()
        for at, account in texts(node, (*path, "accounts")):
            if account in seen:
                yield tree.mistake(at, f"{shown(account)} is listed twice", "its usage would be counted twice")
            elif account not in accounts:
                yield _unknown(tree, at, "account", account, accounts, nearest)
            seen.add(account)
        quotas = node.entries.get("quotas")
        for metric in quotas.node.entries if quotas else ():
            yield from _quota_metric(tree, (*path, "quotas", metric), metric, metrics, nearest)


def _quota_metric(
    tree: Tree, path: Path, metric: str, metrics: Mapping[str, object], nearest: Nearest
) -> Iterator[Mistake]:
    if metric in MAPS:
        yield tree.mistake(path, f"`{metric}` lists operations by app or key: it has no quota", at_key=True)
    elif metric not in metrics:
        yield _unknown(tree, path, "metric", metric, metrics, nearest)


def _rules(tree: Tree, metrics: Mapping[str, object], nearest: Nearest) -> Iterator[Mistake]:
    for name, located in tree.names("rules").items():
        node, path = located.entry.node, ("rules", name)
        yield from _channels(tree, node, path, nearest)
        thresholds = node.entries.get("thresholds")
        for index, item in enumerate(thresholds.node.items if thresholds else ()):
            yield from _channels(tree, item, (*path, "thresholds", index), nearest)
        kind = node.entries.get("kind")
        declared = KINDS.get(str(kind.node.value)) if kind else None
        for at, metric in texts(node, (*path, "metrics")):
            yield from _rule_metric(tree, at, metric, metrics, nearest, declared)


def _channels(tree: Tree, node: Node, path: Path, nearest: Nearest) -> Iterator[Mistake]:
    channels = tree.names("channels")
    for at, channel in texts(node, (*path, "notify")):
        if channel not in channels:
            yield _unknown(tree, at, "channel", channel, channels, nearest)


def _rule_metric(
    tree: Tree, path: Path, metric: str, metrics: Mapping[str, object], nearest: Nearest, declared: type | None
) -> Iterator[Mistake]:
    # every kind can be made with its own keys' defaults
    judges = getattr(declared(), "judges", _is_number) if declared else _is_number
    readable = [name for name in metrics if name not in CATALOGUE or judges(CATALOGUE[name])]
    if metric in CATALOGUE and metric not in readable:
        text = f"`{metric}` {IS[CATALOGUE[metric].kind]}; this rule kind does not read it"
        yield tree.mistake(path, text, nearest.hint(metric, readable) or f"it reads {', '.join(readable[:3])}")
    elif any(c in metric for c in "*?["):
        if not any(fnmatchcase(known, metric) for known in readable):
            yield tree.mistake(path, f"no metric matches {shown(metric)}", "metrics are listed in docs/rules.md")
    elif metric not in metrics:
        yield _unknown(tree, path, "metric", metric, metrics, nearest)


def _is_number(metric: Metric) -> bool:
    return metric.kind is not MetricKind.MAP


def _sums(tree: Tree, nearest: Nearest) -> Iterator[Mistake]:
    own = tree.names("metrics")
    for name, located in own.items():
        if name in CATALOGUE:
            yield tree.mistake(("metrics", name), f"`{name}` is a built-in metric", "choose another name", at_key=True)
        good: list[str] = []
        for at, part in texts(located.entry.node, ("metrics", name, "sum")):
            text = _part_problem(part, own, good)
            if text:
                yield tree.mistake(at, text)
            elif part not in CATALOGUE:
                yield _unknown(tree, at, "metric", part, CATALOGUE, nearest)
            else:
                good.append(part)


def _part_problem(part: str, own: Mapping[str, object], before: list[str]) -> str | None:
    """Why a known metric cannot be added to the ones before it, or None."""
    if part in before:
        return f"{part} is added twice"
    metric = CATALOGUE.get(part)
    if metric is None:
        return f"{part} is declared here itself; a sum is of built-in metrics" if part in own else None
    if metric.kind is MetricKind.MAP:
        return f"`{part}` lists operations by app or key: it cannot be added"
    if metric.minus:
        return f"`{part}` is itself a difference: it cannot be added"
    counters = {CATALOGUE[name].kind is MetricKind.COUNTER for name in before}
    if counters and (metric.kind is MetricKind.COUNTER) not in counters:
        return f"{part} cannot be added to {before[0]}: operations over time and numbers at a moment do not mix"
    return None
