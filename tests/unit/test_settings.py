"""Settings from the environment, and secrets from files or the environment."""

from datetime import timedelta
from pathlib import Path

import pytest

from alerter.core.errors import ConfigurationError
from alerter.settings import Secrets, Settings, find_secret, is_loopback, load_settings

SECRET = "sesame-open-4711"


def load(**environment: str) -> Settings:
    return load_settings({f"ALERTER_{name}": value for name, value in environment.items()})


def mistake(**environment: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(**environment)
    return str(caught.value)


def test_without_any_setting_the_defaults_hold() -> None:
    found = load()
    assert (found.rules, found.database_url, found.listen) == (Path("rules"), "sqlite:///alerter.db", "127.0.0.1:8080")
    assert (found.poll_every, found.history) == (timedelta(minutes=15), timedelta(days=400))
    assert (found.requests_per_second, found.log_level, found.log_format) == (5, "info", None)


def test_the_environment_sets_and_the_command_line_goes_before_it() -> None:
    environment = {"ALERTER_RULES": "here", "ALERTER_LISTEN": "127.0.0.1:1", "PATH": "/bin"}
    found = load_settings(environment, rules=Path("there"), database_url=None)
    assert (found.rules, found.listen, found.database_url) == (Path("there"), "127.0.0.1:1", "sqlite:///alerter.db")


def test_only_the_environment_that_was_given_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTER_RULES", "elsewhere")
    assert load_settings({}).rules == Path("rules")
    assert load_settings().rules == Path("elsewhere")


def test_an_empty_setting_is_none() -> None:
    assert load(RULES="", OPS_CHANNEL="").rules == Path("rules")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("ALERTER_RULE", "ALERTER_RULES"),
        ("ALERTER_POLL_EVRY", "ALERTER_POLL_EVERY"),
        ("ALERTER_WEB_TOKN", "ALERTER_WEB_TOKEN"),
        ("ALERTER_SMTP_PASWORD", "ALERTER_SMTP_PASSWORD"),
    ],
)
def test_an_unknown_setting_is_refused_with_the_nearest_one(name: str, near: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name}: no such setting; did you mean {near}\\?$"):
        load_settings({name: "x"})


def test_every_unknown_setting_is_named_at_once_and_none_of_their_values() -> None:
    text = mistake(QQQ=SECRET, RULEZ=SECRET, WEB_USERS=SECRET)
    assert text.splitlines() == [
        "ALERTER_QQQ: no such setting",
        "ALERTER_RULEZ: no such setting; did you mean ALERTER_RULES?",
        "ALERTER_WEB_USERS: not available in this version",
    ]


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("6h", timedelta(hours=6)),
        ("7d", timedelta(days=7)),
        ("4w", timedelta(weeks=4)),
        ("1.5h", timedelta(minutes=90)),
        (" 5 m ", timedelta(minutes=5)),
    ],
)
def test_durations(text: str, length: timedelta) -> None:
    assert load(POLL_EVERY=text).poll_every == length


@pytest.mark.parametrize("text", ["5", "m", "5x", "-5m", "5m5s", "1e3s", "PT5M", "0s", "9" * 30 + "w"])
def test_what_is_no_duration_is_refused_by_name(text: str) -> None:
    assert mistake(POLL_EVERY=text).startswith("ALERTER_POLL_EVERY: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REQUESTS_PER_SECOND", "fast"),
        ("REQUESTS_PER_SECOND", "0"),
        ("HISTORY", "4000d"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("PUBLIC_URL", "ftp://example.com"),
        ("HEARTBEAT_URL", "http://example.com"),
        ("SLACK_API_URL", "http://10.0.0.1/"),
        ("SLACK_API_URL", "https://"),
        ("LISTEN", "8080"),
        ("LISTEN", "127.0.0.1:"),
        ("LISTEN", "127.0.0.1:http"),
        ("LISTEN", "127.0.0.1:65536"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, value: str) -> None:
    assert mistake(**{name: value}).startswith(f"ALERTER_{name}: ")


def test_all_values_that_cannot_be_used_are_named_at_once() -> None:
    assert len(mistake(POLL_EVERY="x", LOG_LEVEL="y").splitlines()) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [("HEARTBEAT_URL", "http://127.0.0.1:1/"), ("SLACK_API_URL", "http://[::1]/"), ("PUBLIC_URL", "http://intra/")],
)
def test_plain_http_is_for_this_machine_or_for_links(name: str, value: str) -> None:
    assert getattr(load(**{name: value}), name.lower()) == value


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "localhost:8080", "[::1]:8080", "127.8.9.1:80"])
def test_loopback_needs_no_token(listen: str) -> None:
    assert load(LISTEN=listen).listen == listen


@pytest.mark.parametrize("listen", ["0.0.0.0:8080", "[::]:8080", "10.0.0.1:8080", "alerter.example.com:80"])
@pytest.mark.parametrize("token", ["", "  ", None])
def test_beyond_loopback_a_token_must_be_set(listen: str, token: str | None) -> None:
    given = {} if token is None else {"WEB_TOKEN": token}
    assert "ALERTER_WEB_TOKEN must be set" in mistake(LISTEN=listen, **given)


def test_beyond_loopback_with_a_token_from_the_environment_or_a_file(tmp_path: Path) -> None:
    assert load(LISTEN="0.0.0.0:80", WEB_TOKEN=SECRET).address == ("0.0.0.0", 80)
    (tmp_path / "ALERTER_WEB_TOKEN").write_text("\n")
    assert "must be set" in mistake(LISTEN="0.0.0.0:80", SECRETS_DIR=str(tmp_path))
    (tmp_path / "ALERTER_WEB_TOKEN").write_text(SECRET)
    assert load(LISTEN="[::]:80", SECRETS_DIR=str(tmp_path)).address == ("::", 80)


@pytest.mark.parametrize(("every", "minutes"), [("15m", 45), ("1m", 10), ("6h", 18 * 60)])
def test_a_reading_is_current_for_three_polls(every: str, minutes: int) -> None:
    assert load(POLL_EVERY=every).fresh_for == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("host", "local"), [("localhost", True), ("[::1]", True), ("127.1.1.1", True), ("0.0.0.0", False), ("x", False)]
)
def test_what_can_only_be_this_machine(host: str, local: bool) -> None:
    assert is_loopback(host) is local


def test_a_secret_is_read_from_the_folder_before_the_environment(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path, {"KEY": "from the environment"})
    assert secrets("KEY") == "from the environment"
    (tmp_path / "KEY").write_text("from the folder\n")
    assert secrets("KEY") == "from the folder"


def test_a_missing_secret_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "EMPTY").write_text("")
    secrets = Secrets(tmp_path, {"BLANK": " "})
    for name in ("KEY", "EMPTY", "BLANK"):
        with pytest.raises(ConfigurationError, match=f"the secret {name} is missing"):
            secrets(name)
    assert secrets.missing(["KEY", "EMPTY", "KEY"]) == ["KEY", "EMPTY"]


def test_a_secret_that_is_no_text_is_an_error_without_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "KEY").write_bytes(b"\xff\xfe" + SECRET.encode())
    with pytest.raises(ConfigurationError, match="the secret KEY cannot be read: UnicodeDecodeError") as caught:
        find_secret("KEY", tmp_path, {})
    assert SECRET not in str(caught.value)


def test_no_secret_is_in_a_repr(tmp_path: Path) -> None:
    (tmp_path / "KEY").write_text(SECRET)
    secrets = Secrets(tmp_path, {"OTHER": SECRET})
    secrets("KEY")
    found = load(
        DATABASE_URL=f"postgresql://alerter:{SECRET}@db/alerter",
        SMTP_URL=f"smtps://user:{SECRET}@mail.example.com",
        HEARTBEAT_URL=f"https://ping.example.com/{SECRET}",
        WEB_TOKEN=SECRET,
    )
    assert SECRET not in repr(secrets) + repr(found) + str(found)


def test_no_secret_is_in_an_error() -> None:
    assert SECRET not in mistake(WEB_TOKEN=SECRET, LISTEN="0.0.0.0:80", POLL_EVERY="x", DATABASE_URL=SECRET)
    assert SECRET not in mistake(HEARTBEAT_URL=f"http://{SECRET}.example.com")


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("POLL_EVERY", "0s", "0s is too short; give a duration such as 15m"),
        ("POLL_EVERY", "5", "'5' is not a duration such as 90s, 15m, 6h, 7d or 4w"),
        ("HISTORY", "4000d", "4000d is too long; at most 3660d"),
        ("REQUESTS_PER_SECOND", "fast", "'fast' is not a number such as 5"),
        ("REQUESTS_PER_SECOND", "0", "0 is too small; give a number such as 5"),
        ("REQUESTS_PER_SECOND", "20000", "20000 is too large; at most 10,000"),
        ("LOG_LEVEL", "loud", "loud is none of debug, info, warning, error"),
        ("LOG_FORMAT", "xml", "xml is none of console, json"),
    ],
)
def test_what_is_wrong_is_said_for_people(name: str, value: str, text: str) -> None:
    assert mistake(**{name: value}) == f"ALERTER_{name}: {text}"


@pytest.mark.parametrize("level", ["INFO", "Info", "info"])
def test_choices_may_be_written_in_any_case(level: str) -> None:
    assert load(LOG_LEVEL=level).log_level == "info"


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("/var/lib/alerter/x.db", "sqlite:////var/lib/alerter/x.db"),
        ("x.db", "sqlite:///x.db"),
        ("sqlite:///x.db", "sqlite:///x.db"),
        ("postgresql://db/x", "postgresql://db/x"),
    ],
)
def test_a_path_is_a_database_too(given: str, url: str) -> None:
    assert load(DATABASE_URL=given).database_url == url
