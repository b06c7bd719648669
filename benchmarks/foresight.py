"""`python -m benchmarks.foresight --data DIR`: does a warning come before the overrun, and rarely in vain?

DIR holds public daily series, made-up quotas and the scoring (score.py, baselines.py). The product's own forecast and
the rules made of it run through that scoring next to its baselines; `--write` puts the tables into docs/performance.md.
`ask` and `decide` are what DIR's own command line takes: `score.py --decide benchmarks.foresight:decide`.
"""

import argparse
import importlib
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from alerter.core.forecast import MARGINS, Forecast, alarm, forecast, on_course, run_out

DAY = timedelta(days=1)
PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
MARKS = ("<!-- foresight -->", "<!-- /foresight -->")

EXPLAINED = """HEAD: of 100 overruns, how many were warned of at least 3 days ahead (years: 14), with the threshold at
which 5 of 100 healthy periods are warned of in vain. Cross-fitted: threshold from one half of the series, measured on
the other. Lead: median days from warning to overrun. Bands: how often (%) the 80 % band held at 25, 50 and 75 % of the
period. `runway` and `pace` are measured with the best threshold for them, not with one that a person would write."""
HEADER = "| cases | rule | HEAD | against `blend` (95 %) | cross-fitted HEAD | cross-fitted in vain | lead | bands |"

History = list[tuple[date, int | None]]
Case = dict[str, Any]
LIMITS = {"early": 0.10, "balanced": 0.05, "sure": 0.02}


def ask(history: History, start: date, last: date, today: date) -> tuple[float, float, float, list[float]]:
    """The forecast as score.py asks for it; its periods name their last day."""
    found = forecast(history, start, last + DAY, today)
    return found.expected, found.low, found.high, list(found.daily)


def decide(history: History, start: date, last: date, today: date, quota: float) -> dict[str, object]:
    """The `balanced` rule as score.py asks for it."""
    found = forecast(history, start, last + DAY, today)
    used = sum(count or 0 for day, count in history if day >= start)
    says = alarm(used, quota, found) if used <= quota else math.inf
    warns = on_course(used, quota, found, "balanced")
    return {"warn": warns, "score": says, "run_out": run_out(used, found, quota, today)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One set of cases: which periods, which quotas, how much history (days), which baselines stand beside."""

    name: str
    kind: str
    quotas: str
    max_history: int
    baselines: tuple[str, ...]


SETTINGS = (
    Setting(name="months, k quotas", kind="month", quotas="k_quotas", max_history=400, baselines=("blend", "run_rate")),
    Setting(name="months, plan quotas", kind="month", quotas="plan_quotas", max_history=400, baselines=("blend",)),
    Setting(name="months, no history", kind="month", quotas="k_quotas", max_history=0, baselines=("blend", "run_rate")),
    Setting(name="years, k quotas", kind="year", quotas="k_quotas", max_history=400, baselines=("blend", "blend_z")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row: how many of 100 overruns were foreseen at 5 % false warnings, and by how much that beats `blend`."""

    rule: str
    head: float
    better: tuple[float, float, float] | None
    crossfitted: tuple[float, float]
    lead: float
    bands: tuple[float, float, float] | None = None


class Bench:
    """The scoring of one data folder, and the answers it was given."""

    def __init__(self, data: Path, *, sample: bool = False) -> None:
        sys.path.insert(0, str(data))
        self.score: ModuleType = importlib.import_module("score")
        self.baselines: ModuleType = importlib.import_module("baselines")
        self.series: dict[str, Any] = self.score.load()[0]
        self.months: int = 4 if sample else self.score.MAX_MONTHS
        if sample:
            self.series = {name: self.series[name] for name in sorted(self.series)[::3]}
        self.spent, self.asked = 0.0, 0

    def lines(self, setting: Setting) -> tuple[list[Line], list[Case]]:
        """A row for each rule of the product and each baseline; the cases carry the `alarm` of the product."""
        periods = self.score.make_periods(self.series, setting.kind, setting.max_history, self.months)
        quotas = getattr(self.score, setting.quotas)
        found = [dict(self._forecasts(period)) for period in periods]
        cases: list[Case] = self._cases(periods, found, quotas)
        lead = self.score.LEAD[setting.kind]
        base = {name: self._baseline(name, periods, quotas) for name in setting.baselines}
        anchor = self._draws(*base["blend"], lead)
        accuracy = self._accuracy(periods, found) if setting.quotas == "k_quotas" else None
        rows = [self._line("**forecast**", cases, "alarm", lead, anchor, accuracy)]
        rows += [self._line(rule, cases, rule, lead, anchor) for rule in ("runway", "pace")]
        for name, (tried, best) in base.items():
            rows.append(self._line(f"`{name}` ({best})", tried, best, lead, None if name == "blend" else anchor))
        return rows, cases

    def _forecasts(self, period: Mapping[str, Any]) -> Iterator[tuple[int, Forecast]]:
        first, counts = self.series[period["series"]]
        begin = period["h0"]
        history: History = [(first + i * DAY, counts[i]) for i in range(begin, period["i"] + period["n"])]
        end = period["end"] + DAY
        for gone in self.score.eval_days(period["n"], self.score.STEP[period["kind"]]):
            known = history[: period["i"] - begin + gone]
            began = time.process_time()
            found = forecast(known, period["start"], end, known[-1][0])
            self.spent += time.process_time() - began
            self.asked += 1
            yield gone, found

    def _cases(
        self, periods: Sequence[Any], found: Sequence[dict[int, Forecast]], quotas: Callable[[Any], Any]
    ) -> list[Case]:
        """The folder's own cases, with the product's scores beside: alarm, runway (negative days), pace."""
        cases: list[Case] = self.score.make_cases(self.series, periods, [_tuples(f) for f in found], quotas)
        at = iter(cases)
        for period, answers in zip(periods, found, strict=True):
            counts = self.series[period["series"]][1][period["i"] : period["i"] + period["n"]]
            for _, quota in quotas(period):
                case = next(at)
                used = {gone: sum(counts[:gone]) for gone in answers}
                case["alarm"] = [alarm(used[gone], quota, f) for gone, f in answers.items()]
                case["runway"] = [-_days_until_out(quota - used[gone], f) for gone, f in answers.items()]
                case["pace"] = [used[gone] / quota * period["n"] / gone for gone in answers]
        return cases

    def _baseline(self, name: str, periods: Sequence[Any], quotas: Callable[[Any], Any]) -> tuple[list[Case], str]:
        """Its cases, and which of the folder's rules serves it best."""
        answers, _, _ = self.score.run_callable(getattr(self.baselines, name), self.series, periods)
        summary = self.score.summarise(self.series, periods, answers, periods[0]["kind"], quotas=quotas)
        return summary["_cases"], summary["best"]

    def _draws(self, cases: list[Case], rule: str, lead: int) -> tuple[float, list[float]]:
        """HEAD, and HEAD of 200 draws of the series (the same for every rule, so that differences pair up)."""
        weights = self.score.weights(cases)
        threshold = self.score.threshold_at(cases, weights, rule, 0.05)
        head = self.score.recall_at(cases, weights, rule, lead, threshold)
        return head, self.score.bootstrap(cases, rule, lead, 0.05)

    def _line(
        self,
        name: str,
        cases: list[Case],
        rule: str,
        lead: int,
        anchor: tuple[float, list[float]] | None,
        bands: tuple[float, float, float] | None = None,
    ) -> Line:
        weights = self.score.weights(cases)
        threshold = self.score.threshold_at(cases, weights, rule, 0.05)
        head, draws = self._draws(cases, rule, lead)
        better = None
        if anchor is not None:
            low, high = self.score.mid95([a - b for a, b in zip(draws, anchor[1], strict=True)])
            better = (head - anchor[0], low, high)
        return Line(
            rule=name,
            head=head,
            better=better,
            crossfitted=self.score.crossfit(cases, rule, lead, 0.05),
            lead=self.score.point(cases, weights, rule, threshold, lead)["lead_median"],
            bands=bands,
        )

    def _accuracy(self, periods: Sequence[Any], found: Sequence[dict[int, Forecast]]) -> tuple[float, float, float]:
        held = self.score.accuracy(self.series, periods, [_tuples(f) for f in found])
        return held[0.25]["cover"], held[0.5]["cover"], held[0.75]["cover"]

    def sensitivities(self, cases: list[Case], kind: str) -> Iterator[tuple[str, float, float, float]]:
        """Each sensitivity: overruns foreseen, warned in vain as it stands, and with a margin from other series."""
        weights, lead = self.score.weights(cases), self.score.LEAD[kind]
        for name, margin in MARGINS.items():
            foreseen = self.score.recall_at(cases, weights, "alarm", lead, margin)
            in_vain = self.score.fw_at(cases, weights, "alarm", margin)
            yield name, foreseen, in_vain, self.score.crossfit(cases, "alarm", lead, LIMITS[name])[1]


def _tuples(found: Mapping[int, Forecast]) -> dict[int, tuple[float, float, float, list[float]]]:
    return {gone: (f.expected, f.low, f.high, list(f.daily)) for gone, f in found.items()}


def _days_until_out(left: float, found: Forecast) -> float:
    """Days until the quota is used up at the forecast pace; inf when that is not before the period ends."""
    rest = found.rest()
    if left <= 0:
        return 0.0
    return left / rest * len(found.daily) if rest > left else math.inf


def table(bench: Bench) -> str:
    """Both tables, as Markdown."""
    rows, margins = [EXPLAINED, "", HEADER, "|---|---|---|---|---|---|---|---|"], []
    for setting in SETTINGS:
        print(f"{setting.name} …", file=sys.stderr, flush=True)
        lines, cases = bench.lines(setting)
        rows += [_row(setting.name, line) for line in lines]
        margins += [
            f"| {setting.name} | {name} | {foreseen:.1%} | {in_vain:.1%} | {fitted:.1%} |"
            for name, foreseen, in_vain, fitted in bench.sensitivities(cases, setting.kind)
        ]
    cost = f"{1000 * bench.spent / bench.asked:.2f} ms of CPU a forecast, over {bench.asked:,} forecasts."
    second = [
        "| cases | sensitivity | foreseen | in vain as it stands | in vain, fitted on other series |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*rows, "", cost, "", *second, *margins])


def _row(name: str, line: Line) -> str:
    better = "{:+.1f} ({:+.1f} to {:+.1f})".format(*(100 * x for x in line.better)) if line.better else ""
    bands = ", ".join(f"{100 * x:.1f}" for x in line.bands) if line.bands else ""
    foreseen, in_vain = line.crossfitted
    return (
        f"| {name} | {line.rule} | {100 * line.head:.1f} | {better} | {100 * foreseen:.1f} | {100 * in_vain:.1f} "
        f"| {line.lead:.0f} | {bands} |"
    )


def written(page: str, tables: str) -> str:
    """The page with the tables between its marks; marks that are missing come at its end."""
    begin, end = MARKS
    if begin not in page or end not in page:
        page = f"{page.rstrip()}\n\n## Foresight\n\n{begin}\n{end}\n".lstrip()
    before, _, rest = page.partition(begin)
    return f"{before}{begin}\n{tables}\n{end}{rest.partition(end)[2]}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with score.py, baselines.py and the series")
    parser.add_argument("--sample", action="store_true", help="every third series, 4 months each")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    given = parser.parse_args(arguments)
    tables = table(Bench(given.data.resolve(), sample=given.sample))
    print(tables)
    if given.write:
        PAGE.write_text(written(PAGE.read_text() if PAGE.exists() else "", tables))


if __name__ == "__main__":
    main()
