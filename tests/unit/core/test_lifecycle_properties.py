"""What holds for every history: any values, edits of quota and thresholds, failures, in any order."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.story import Story, book, quota, rule

from alerter.core.book import RuleBook
from alerter.core.model import Event, Status

LEVELS = ("10%", "50%", "80%", "100%")
STEP = timedelta(minutes=15)

values = st.integers(0, 250)
limits = st.sampled_from((0, 50, 100, 200))
thresholds = st.lists(st.sampled_from(LEVELS), min_size=1, unique=True).map(lambda t: sorted(t, key=LEVELS.index))
moves = st.one_of(
    st.tuples(st.just("read"), values),
    st.tuples(st.just("fail"), st.none()),
    st.tuples(st.just("limit"), limits),
    st.tuples(st.just("at"), thresholds),
)
histories = st.lists(moves, max_size=25)
metrics = st.sampled_from(("num_operations", "plugin"))


class History:
    """A story moved by random steps, on operations of a month or on a number at a moment."""

    def __init__(self, metric: str, at: list[str]) -> None:
        self.metric, self.at, self.limit = metric, at, 100
        self.story = Story(self.book())

    def book(self) -> RuleBook:
        per = "none" if self.metric == "plugin" else "month"
        return book(rule(*self.at), quotas=(quota(self.metric, self.limit, per),))

    def move(self, move: tuple[str, object]) -> list[Event]:
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


def named(event: Event) -> list[str]:
    """Every threshold that a message announces."""
    passed = event.payload["passed"]
    assert isinstance(passed, list)
    return [*passed, str(event.threshold)] if event.reason.value in {"crossed", "escalated"} else []


@given(metrics, thresholds, histories)
@settings(deadline=None)
def test_judging_the_same_state_again_tells_nothing(
    metric: str, at: list[str], moves: list[tuple[str, object]]
) -> None:
    history = History(metric, at)
    for move in moves:
        history.move(move)
        again = history.story.judge().last["license", "lic"]
        assert (again.events, again.alerts, again.standings) == ([], [], [])


@given(metrics, thresholds, histories)
@settings(deadline=None)
def test_a_threshold_is_told_once_until_it_is_re_armed(
    metric: str, at: list[str], moves: list[tuple[str, object]]
) -> None:
    history, told = History(metric, at), set[str]()
    for move in moves:
        if move[0] in {"limit", "at"}:
            told.clear()
        for event in history.move(move):
            assert told.isdisjoint(named(event))
            told.update(named(event))
            if event.reason.value == "recovered":
                told.clear()


@given(metrics, thresholds, histories)
@settings(deadline=None)
def test_recovered_is_told_only_of_what_was_announced(
    metric: str, at: list[str], moves: list[tuple[str, object]]
) -> None:
    history, standing = History(metric, at), False
    for move in moves:
        for event in history.move(move):
            if event.reason.value == "recovered":
                assert standing
                assert metric == "plugin", "a period has no recovery"
            standing = event.reason.value in {"crossed", "escalated"}


@given(metrics, thresholds, histories, values)
@settings(deadline=None)
def test_a_threshold_that_is_reached_stands_as_told(
    metric: str, at: list[str], moves: list[tuple[str, object]], last: int
) -> None:
    history = History(metric, at)
    for move in [*moves, ("read", last)]:
        history.move(move)
    (judged,) = history.story.last["license", "lic"].judged
    reached = {m.threshold.at.text for m in judged.finding.marks if m.reached(last)}
    assert not reached or (judged.alert is not None and judged.alert.status is Status.OPEN)
    assert judged.alert is None or reached <= set(judged.alert.told)


@given(thresholds, st.lists(values | st.none(), max_size=25))
@settings(deadline=None)
def test_without_edits_exactly_what_was_ever_reached_is_told(at: list[str], counts: list[int | None]) -> None:
    story = Story(book(rule(*at)))
    for count in counts:
        story.fail() if count is None else story.read(num_operations=count)
    highest = max((c for c in counts if c is not None), default=-1)
    told = [text for event in story.events for text in named(event)]
    assert told == [text for text in at if int(text[:-1]) <= highest]


@given(metrics, thresholds, histories)
@settings(deadline=None)
def test_every_line_of_a_timeline_has_an_id_of_its_own_and_versions_count_up(
    metric: str, at: list[str], moves: list[tuple[str, object]]
) -> None:
    history, versions = History(metric, at), [0]
    for move in moves:
        history.move(move)
        versions += [a.version for a in history.story.last["license", "lic"].alerts]
    assert versions == list(range(len(versions)))
    assert len({e.id for e in history.story.events}) == len(history.story.events)
