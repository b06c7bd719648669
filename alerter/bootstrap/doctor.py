"""What an installation's accounts, channels, database and templates really do, and what that means for the rules."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from alerter.bootstrap import wiring
from alerter.bootstrap.clock import now as clock_now
from alerter.channels import connect
from alerter.core.book import Account, Channel
from alerter.core.calendar import EPOCH
from alerter.core.checks import Check
from alerter.core.errors import AlerterError, ConfigurationError, Denied, SourceError, UnknownAccount
from alerter.core.metrics import REPORTED
from alerter.core.model import Ask, AskKind, Reading, Window
from alerter.pipeline.watch import Watch
from alerter.settings import Secrets, Settings
from alerter.sources.fortanix import Fortanix
from alerter.store import Database

DAY = timedelta(days=1)
REACHES = (400, 365, 180, 90, 30, 7, 1)
"""Days back at which is looked for an answer, the oldest first."""

SKEW = timedelta(minutes=2)
State = Literal["ok", "note", "bad", "no_answer"]
LIMITS = {
    "max_operation": "num_operations",
    "max_tokenization_operation": "tokenization_operations",
    "max_app": "active_apps",
    "max_plugin": "plugin",
    "max_hsmg": "hsm_gateway",
    "max_sobj": "sobjects",
}
"""A subscription's limits, and the metrics they are about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing that was looked at. `bad` needs somebody to act; `note` is worth knowing."""

    about: str
    what: str
    state: State
    text: str


async def examine(settings: Settings, store: Database, watch: Watch) -> AsyncIterator[Remark]:
    """Everything, one remark after the other."""
    secrets = Secrets(settings.secrets_dir)
    yield await _database(store)
    for remark in _templates(settings, secrets):
        yield remark
    source = wiring.source(settings, secrets)
    try:
        for account in watch.book.accounts.values():
            async for remark in AccountDoctor(source, account, watch, clock_now()).examine(secrets):
                yield remark
    finally:
        await source.close()
    for channel in watch.book.channels.values():
        yield await _channel(channel, settings, secrets)


async def _database(store: Database) -> Remark:
    try:
        await store.check()
    except AlerterError as error:
        return Remark(about="database", what="write", state="no_answer", text=str(error))
    return Remark(about="database", what="write", state="ok", text="takes and gives back what is written")


def _templates(settings: Settings, secrets: Secrets) -> Iterator[Remark]:
    try:
        problems = wiring.edges(settings, secrets).words.problems()
    except ConfigurationError as error:
        problems = [("templates", str(error))]
    for file, text in problems:
        yield Remark(about=f"template {file}", what="sample", state="bad", text=text)
    if not problems:
        yield Remark(about="templates", what="sample", state="ok", text="every sample message can be rendered")


async def _channel(channel: Channel, settings: Settings, secrets: Secrets) -> Remark:
    about = f"channel {channel.name}"
    try:
        made = connect(channel, wiring.edges(settings, secrets))
    except ConfigurationError as error:
        return Remark(about=about, what=channel.kind, state="bad", text=str(error))
    names = [getattr(channel.options, n, None) for n in ("token", "webhook", "secret")]
    missing = secrets.missing([str(n) for n in names if n])
    look = getattr(made, "check", None)
    try:
        if missing:
            return Remark(about=about, what=channel.kind, state="bad", text=f"the secret {missing[0]} is missing")
        if look is None:
            text = f"set up; alerter send-test {channel.name} shows whether messages arrive"
            return Remark(about=about, what=channel.kind, state="ok", text=text)
        said = await look()
        return Remark(about=about, what=channel.kind, state="note" if "could not" in said else "ok", text=said)
    except AlerterError as error:
        return Remark(about=about, what=channel.kind, state="bad", text=str(error))
    finally:
        await made.close()


class AccountDoctor:
    """Asks one account everything that is not documented, a handful of requests."""

    def __init__(self, source: Fortanix, account: Account, watch: Watch, now: datetime) -> None:
        self._source = source
        self._account = account
        self._watch = watch
        self._now = now.replace(microsecond=0)

    async def examine(self, secrets: Secrets) -> AsyncIterator[Remark]:
        """As far as the account answers."""
        credential = self._account.credential
        missing = secrets.missing([str(credential)]) if credential else []
        if missing:
            yield self._remark("credential", "bad", f"the secret {missing[0]} is missing")
            yield self._meaning_of_silence()
            return
        try:
            yield await self._host()
            yield await self._clock()
            reading = await self._usage()
        except SourceError as error:
            yield self._refused(error)
            yield self._meaning_of_silence()
            return
        yield self._remark("permission", "ok", "usage may be read")
        for remark in self._fields(reading):
            yield remark
        for look in (self._adding_up, self._reach, self._lag, self._subscription):
            try:
                yield await look()
            except SourceError as error:
                yield self._remark(look.__name__.strip("_").replace("_", " "), "note", str(error))

    def _remark(self, what: str, state: State, text: str) -> Remark:
        return Remark(about=f"account {self._account.name}", what=what, state=state, text=text)

    def _refused(self, error: SourceError) -> Remark:
        """`bad` is for us to mend; what did not answer may be well tomorrow."""
        ours = isinstance(error, Denied | UnknownAccount)
        excerpt = f"; it said: {error.excerpt}" if error.excerpt else ""
        return self._remark("usage", "bad" if ours else "no_answer", f"{error}{excerpt}")

    async def _host(self) -> Remark:
        answer = await self._source.version(self._account)
        version = str(answer.get("version") or "unknown")[:60]
        tls = "over TLS" if self._account.url.startswith("https:") else "without TLS, on this machine"
        return self._remark("host", "ok", f"answers {tls}; DSM {version}")

    async def _clock(self) -> Remark:
        there = await self._source.server_time(self._account)
        if there is None:
            return self._remark("clock", "note", "the host does not say what time it is")
        skew = there - clock_now()
        seconds = round(abs(skew.total_seconds()))
        if abs(skew) > SKEW:
            ahead = "ahead" if skew > timedelta(0) else "behind"
            return self._remark("clock", "bad", f"{seconds} s {ahead} of this machine: periods begin at another moment")
        return self._remark("clock", "ok", f"within {max(seconds, 1)} s of this machine")

    async def _read(self, start: datetime, end: datetime) -> Reading:
        return await self._source.read(self._account, Ask(Window(start, end), AskKind.CLOSED))

    async def _usage(self) -> Reading:
        return await self._read(self._now - 30 * DAY, self._now)

    def _fields(self, reading: Reading) -> Iterator[Remark]:
        absent = [name for name in REPORTED if name not in reading.values]
        text = f"{len(reading.values)} of {len(REPORTED)} counts are reported"
        yield self._remark(
            "fields", "note" if absent else "ok", text + (f", not {', '.join(absent)}" if absent else "")
        )
        if reading.unknown:
            names = ", ".join(sorted(str(name)[:60] for name in reading.unknown)[:20])
            yield self._remark("unknown fields", "note", f"kept, and not judged: {names}")
        for rule, metrics in self._unjudged(reading).items():
            text = f"the rule {rule} says once that {', '.join(metrics)} is not reported, and is silent about it"
            yield self._remark("rules", "bad", text)

    def _unjudged(self, reading: Reading) -> Mapping[str, list[str]]:
        """Rules on metrics that this account does not report."""
        found: dict[str, dict[str, None]] = {}
        for check in self._checks():
            metric = check.metric
            if metric is None or metric.name in reading.maps or metric.value(reading.values) is not None:
                continue
            found.setdefault(check.key.rule, {})[metric.name] = None
        return {rule: list(names) for rule, names in found.items()}

    def _checks(self) -> Iterator[Check]:
        for item in self._watch.subjects.values():
            for check in item.checks:
                if self._account.name in check.accounts:
                    yield check

    def _meaning_of_silence(self) -> Remark:
        rules = ", ".join(dict.fromkeys(check.key.rule for check in self._checks())) or "no rule"
        return self._remark("rules", "note", f"while it does not answer, nothing new can be said by: {rules}")

    async def _adding_up(self) -> Remark:
        """Whether [a, b] + [b, c] is [a, c]: if the ends are inclusive, what falls on b counts twice."""
        end = EPOCH + (self._now - EPOCH) // DAY * DAY
        a, b, c = end - 2 * DAY, end - DAY, end
        first, second, whole = [(await self._read(*ends)).values for ends in ((a, b), (b, c), (a, c))]
        added, total = first["num_operations"] + second["num_operations"], whole["num_operations"]
        if added == total:
            return self._remark("adding up", "ok", "two days add up to the same as both in one window")
        text = (
            f"two days add up to {added:,}, both in one window are {total:,}: growth and forecasts are off by as much"
        )
        return self._remark("adding up", "note", text)

    async def _reach(self) -> Remark:
        for days in REACHES:
            start = EPOCH + (self._now - EPOCH) // DAY * DAY - days * DAY
            try:
                reading = await self._read(start, start + DAY)
            except SourceError:
                continue
            if any(reading.values.values()):
                text = f"a day {days} days ago still answers" if days > 1 else "only yesterday still answers"
                return self._remark("history", "ok" if days >= REACHES[0] else "note", text)
        return self._remark("history", "note", "no past day has any usage: growth and forecasts begin with today")

    async def _lag(self) -> Remark:
        hour = (await self._read(self._now - timedelta(hours=1), self._now)).values["num_operations"]
        lately = (await self._read(self._now - timedelta(minutes=10), self._now)).values["num_operations"]
        if hour and not lately:
            text = f"{hour:,} operations in the last hour, none in the last 10 minutes: counts may come late"
            return self._remark("lag", "note", text)
        return self._remark("lag", "ok", f"{lately:,} operations in the last 10 minutes, {hour:,} in the last hour")

    async def _subscription(self) -> Remark:
        record = await self._source.account_record(self._account)
        limits = {name: count for name, count in _limits(record) if name in LIMITS}
        shown = ", ".join(f"{LIMITS[name]} {count:,}" for name, count in limits.items())
        return self._remark("subscription", "ok", f"limits: {shown}" if shown else "the record names no limit")


def _limits(record: Mapping[str, object]) -> Iterator[tuple[str, int]]:
    """Every number of the account's record and of its subscription, wherever it stands."""
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from _limits(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            yield name, value
