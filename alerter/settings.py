"""Settings from the environment (`ALERTER_*`) and secrets from files or the environment.

A setting that does not exist is an error that names the nearest one; so is a value that cannot be used.
"""

import difflib
import ipaddress
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from alerter.core.errors import ConfigurationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

PREFIX = "ALERTER_"
SECRETS = {"ALERTER_SMTP_PASSWORD", "ALERTER_WEB_TOKEN"}
LATER = {"ALERTER_WEB_USERS", "ALERTER_SLACK_SIGNING_SECRET", "ALERTER_SLACK_APP_TOKEN"}
DURATIONS = {"poll_every", "history", "retention"}
NUMBERS = {"requests_per_second"}
CHOICES = {"reload", "log_level", "log_format"}
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def parse_duration(text: object) -> object:
    """`90s`, `15m`, `6h`, `7d` or `4w` as a timedelta; anything that is not text is left to the type check."""
    if not isinstance(text, str):
        return text
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*", text)
    if not found:
        raise ValueError(f"{text!r} is not a duration such as 90s, 15m, 6h, 7d or 4w")
    try:
        return timedelta(seconds=float(found[1]) * UNITS[found[2]])
    except OverflowError:
        raise ValueError(f"{text!r} is longer than any calendar") from None


def _file_or_url(text: object) -> object:
    """A path stands for the SQLite file there."""
    if isinstance(text, str) and not re.match(r"[A-Za-z][A-Za-z0-9+]+:", text):
        return f"sqlite:///{text}"
    return text


def _small(text: object) -> object:
    return text.strip().lower() if isinstance(text, str) else text


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Positive = Annotated[Duration, Field(gt=timedelta(0))]


class Settings(BaseSettings):
    """Every setting, with its default; see docs/operations.md."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True)

    rules: Path = Path("rules")
    templates: Path | None = None
    database_url: Annotated[str, BeforeValidator(_file_or_url)] = Field(default="sqlite:///alerter.db", repr=False)
    secrets_dir: Path = Path("/run/secrets")
    poll_every: Positive = timedelta(minutes=15)
    requests_per_second: Annotated[float, Field(gt=0, le=10_000)] = 5
    history: Annotated[Duration, Field(ge=timedelta(0), le=timedelta(days=3660))] = timedelta(days=400)
    retention: Positive = timedelta(days=800)
    listen: str = "127.0.0.1:8080"
    public_url: str | None = None
    ops_channel: str | None = None
    heartbeat_url: str | None = Field(default=None, repr=False)
    smtp_url: str | None = Field(default=None, repr=False)
    mail_from: str | None = None
    slack_api_url: str = "https://slack.com/api/"
    reload: Annotated[Literal["watch", "signal"], BeforeValidator(_small)] = "watch"
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_small)] = "info"
    log_format: Annotated[Literal["console", "json"] | None, BeforeValidator(_small)] = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load_settings` passes: it reads the environment itself, to refuse what does not exist."""
        return (init_settings,)

    @property
    def fresh_for(self) -> timedelta:
        """How old a reading may be and still count as current: three polls, at least ten minutes."""
        return max(3 * self.poll_every, timedelta(minutes=10))

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


def load_settings(environment: Mapping[str, str] | None = None, **given: object) -> Settings:
    """Settings from the environment; `given` (command-line options) go first. Raises ConfigurationError."""
    environment = os.environ if environment is None else environment
    _refuse_unknown(environment)
    known = {name: environment[f"{PREFIX}{name.upper()}"] for name in Settings.model_fields if _has(environment, name)}
    values = {**known, **{k: v for k, v in given.items() if v is not None}}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        lines = [f"ALERTER_{str(e['loc'][0]).upper()}: {_words(e, values)}" for e in error.errors()]
        raise ConfigurationError("\n".join(lines)) from None
    _check_urls(settings)
    _check_listen(settings, environment)
    return settings


def _has(environment: Mapping[str, str], name: str) -> bool:
    return bool(environment.get(f"{PREFIX}{name.upper()}"))


def _words(error: "ErrorDetails", values: Mapping[str, object]) -> str:
    """What is wrong with a value, for people. Only settings that can hold no secret come with their value."""
    name = str(error["loc"][0])
    value, kind, context = values.get(name), error["type"], error.get("ctx", {})
    number = name in NUMBERS
    if name not in DURATIONS | NUMBERS | CHOICES:
        return error["msg"].removeprefix("Value error, ")
    if kind == "literal_error":
        return f"{value!r} is none of {str(context['expected']).replace(' or ', ', ')}".replace("'", "")
    hint = "a number such as 5" if number else "a duration such as 15m"
    if kind in {"greater_than", "greater_than_equal"}:
        return f"{value} is too {'small' if number else 'short'}; give {hint}"
    if kind in {"less_than", "less_than_equal"}:
        return (
            f"{value} is too large; at most {context['le']:,.0f}" if number else f"{value} is too long; at most 3660d"
        )
    if number:
        return f"{value!r} is not {hint}"
    return error["msg"].removeprefix("Value error, ")


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | SECRETS
    mistakes = []
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name in known:
            continue
        if name in LATER:
            mistakes.append(f"{name}: not available in this version")
            continue
        # without the prefix: it alone would make any two names alike
        near = difflib.get_close_matches(name.removeprefix(PREFIX), sorted(n.removeprefix(PREFIX) for n in known), n=1)
        mistakes.append(f"{name}: no such setting" + (f"; did you mean {PREFIX}{near[0]}?" if near else ""))
    if mistakes:
        raise ConfigurationError("\n".join(mistakes))


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _check_urls(settings: Settings) -> None:
    for name in ("public_url", "heartbeat_url", "slack_api_url"):
        value = getattr(settings, name)
        if value is None:
            continue
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigurationError(f"ALERTER_{name.upper()}: expected an https:// address")
        if parts.scheme == "http" and name != "public_url" and not is_loopback(parts.hostname):
            raise ConfigurationError(f"ALERTER_{name.upper()}: http:// is only for this machine; use https://")


def _check_listen(settings: Settings, environment: Mapping[str, str]) -> None:
    host, _, port = settings.listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ConfigurationError("ALERTER_LISTEN: expected host:port, such as 127.0.0.1:8080")
    if not is_loopback(host) and find_secret("ALERTER_WEB_TOKEN", settings.secrets_dir, environment) is None:
        raise ConfigurationError(
            f"ALERTER_LISTEN: {settings.listen} can be reached from other machines, so ALERTER_WEB_TOKEN must be set; "
            "or listen on 127.0.0.1"
        )


def find_secret(name: str, folder: Path, environment: Mapping[str, str] | None = None) -> str | None:
    """The secret from `folder`/name, else from the environment; without a trailing newline. None: there is none."""
    path = folder / name
    try:
        if path.is_file():
            return path.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the secret {name} cannot be read: {type(error).__name__}") from None
    value = (os.environ if environment is None else environment).get(name)
    return (value or "").strip() or None


class Secrets:
    """Looks secrets up by name. Its repr holds none of them."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._environment = environment

    def __call__(self, name: str) -> str:
        """The secret; raises ConfigurationError that names it when it is missing or empty."""
        found = find_secret(name, self._folder, self._environment)
        if not found:
            raise ConfigurationError(
                f"the secret {name} is missing: put it into a file {self._folder / name}, "
                "or into an environment variable of that name"
            )
        return found

    def missing(self, names: list[str]) -> list[str]:
        """Those of `names` that are not there."""
        return [n for n in dict.fromkeys(names) if not find_secret(n, self._folder, self._environment)]

    def __repr__(self) -> str:
        return "Secrets()"
