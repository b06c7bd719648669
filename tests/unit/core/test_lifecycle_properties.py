"""What holds for every history: any values, edits of quota and thresholds, failures, in any order."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.story import Story, amount, book, quota, rule

from alerter.core.book import RuleBook
from alerter.core.model import Event, Status
from alerter.core.verdict import Judged

LEVELS = ("10%", "50%", "80%", "100%")
STEP = timedelta(minutes=15)
MANY = settings(deadline=None)

Move = tuple[str, object]

values = st.integers(0, 250)
limits = st.sampled_from((0, 50, 100, 200))
thresholds = st.lists(st.sampled_from(LEVELS), min_size=1, unique=True).map(lambda t: sorted(t, key=LEVELS.index))
moves: st.SearchStrategy[list[Move]] = st.lists(
    st.one_of(
        st.tuples(st.just("read"), values),
        st.tuples(st.just("fail"), st.none()),
        st.tuples(st.just("limit"), limits),
        st.tuples(st.just("at"), thresholds),
    ),
    max_size=25,
)


class History:
    """A story moved by random steps, on operations of a month or on a number at a moment."""

    def __init__(self, metric: str, at: list[str], clear: str | None) -> None:
        self.metric, self.at, self.limit = metric, at, 100
        self.clear = amount(clear) if clear else None
        self.story = Story(self.book())

    def book(self) -> RuleBook:
        per = "none" if self.metric == "plugin" else "month"
        return book(rule(*self.at, clear_below=self.clear), quotas=(quota(self.metric, self.limit, per),))

    def move(self, move: Move) -> list[Event]:
        """Take one step; what it told."""
        before = len(self.story.events)
        match move:
            case "read", int(value):
                counts: dict[str, Any] = {self.metric: value}
                self.story.read(**counts)
            case "limit", int(limit):
                self.limit = limit
                self.story.edit(self.book()).judge(STEP)
            case "at", list(at):
                self.at = at
                self.story.edit(self.book()).judge(STEP)
            case _:
                self.story.fail()
        return self.story.events[before:]

    def judged(self) -> Judged:
        """How the one check stands."""
        return self.story.last["license", "lic"].judged[0]


histories = st.builds(
    History, st.sampled_from(("num_operations", "plugin")), thresholds, st.sampled_from((None, "5%", "60%"))
)


def named(event: Event) -> list[str]:
    """Every threshold that a message announces."""
    passed = event.payload["passed"]
    assert isinstance(passed, list)
    return [*passed, str(event.threshold)] if event.reason.value in {"crossed", "escalated"} else []


@given(histories, moves)
@MANY
def test_judging_the_same_state_again_tells_nothing(history: History, moves: list[Move]) -> None:
    for move in moves:
        history.move(move)
        again = history.story.judge().last["license", "lic"]
        assert (again.events, again.alerts, again.standings) == ([], [], [])


@given(histories, moves)
@MANY
def test_a_threshold_is_told_once_until_it_is_re_armed(history: History, moves: list[Move]) -> None:
    told = set[str]()
    for move in moves:
        if move[0] in {"limit", "at"}:
            told.clear()
        for event in history.move(move):
            assert told.isdisjoint(named(event))
            told.update(named(event))
            if event.reason.value == "recovered":
                told.clear()


@given(histories, moves)
@MANY
def test_recovered_is_told_only_of_what_was_announced(history: History, moves: list[Move]) -> None:
    standing = False
    for move in moves:
        for event in history.move(move):
            if event.reason.value == "recovered":
                assert standing
                assert history.metric == "plugin", "a period has no recovery"
                assert not any(m.reached(event.value or 0) for m in history.judged().finding.marks)
        alert = history.judged().alert
        standing = alert is not None and alert.status is Status.OPEN
        assert not standing or any(named(event) for event in history.story.events)


@given(histories, moves, values)
@MANY
def test_a_threshold_that_is_reached_stands_as_told(history: History, moves: list[Move], last: int) -> None:
    for move in [*moves, ("read", last)]:
        history.move(move)
    judged = history.judged()
    reached = {m.threshold.at.text for m in judged.finding.marks if m.reached(last)}
    if reached:
        assert judged.alert is not None
        assert judged.alert.status is Status.OPEN
        assert reached <= set(judged.alert.told)


@given(thresholds, st.lists(values | st.none(), max_size=25))
@MANY
def test_without_edits_exactly_what_was_ever_reached_is_told(at: list[str], counts: list[int | None]) -> None:
    story = Story(book(rule(*at)))
    for count in counts:
        story.fail() if count is None else story.read(num_operations=count)
    highest = max((c for c in counts if c is not None), default=-1)
    told = [text for event in story.events for text in named(event)]
    assert told == [text for text in at if int(text[:-1]) <= highest]


@given(histories, moves)
@MANY
def test_versions_count_up_and_no_two_events_share_an_id(history: History, moves: list[Move]) -> None:
    versions = [0]
    for move in moves:
        history.move(move)
        versions += [a.version for a in history.story.last["license", "lic"].alerts]
    assert versions == list(range(len(versions)))
    assert len({e.id for e in history.story.events}) == len(history.story.events)
