"""Every error alerter raises on purpose, as one tree.

AlerterError
├── ConfigurationError        a setting, a secret or a rule file cannot be obeyed (exit code 2)
│   └── RuleBookError         carries every mistake of every rule file at once
├── SourceError               an account's usage could not be read
│   ├── Unreachable           refused, reset, timed out, no such host, TLS failure
│   ├── Denied                401, 403: credential, permission or address list
│   ├── UnknownAccount        404: wrong account id or host
│   ├── Throttled             429, with `after` when the server said when
│   ├── ServerFault           other 4xx and all 5xx, redirects to another host
│   └── BadAnswer             the answer is not what the API documents
├── DeliveryError             a channel did not confirm a message
│   ├── RetryLater            try again; `doubt` when the channel may have taken it all the same
│   └── Undeliverable         the channel will never take it: someone must act
└── StoreError                the database cannot be used now
    ├── Conflict              somebody else changed the same alert first: judge again
    └── NewerSchema           the database belongs to a newer alerter
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


class AlerterError(Exception):
    """Anything alerter raises on purpose."""


class ConfigurationError(AlerterError):
    """A setting, a secret or a file is missing or wrong; the text says which and what is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing in a rule file that cannot be obeyed (`error`) or looks wrong (`warning`).

    `line` and `column` count from 1; `path` is the key path, e.g. `rules.quota-used.thresholds[0].at`.
    `check` names a semantic check, so that it can be silenced on its line with `# alerter: ignore[name]`.
    """

    file: str
    line: int
    column: int
    path: str
    text: str
    hint: str = ""
    check: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}"
        name = f" [{self.check}]" if self.check else ""
        at = f"{self.path}: " if self.path else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{where}: {self.severity}: {at}{self.text}{hint}{name}"


class RuleBookError(ConfigurationError):
    """The rule files hold mistakes; all of them are in `mistakes`."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(str(m) for m in mistakes))
        self.mistakes = tuple(mistakes)


class SourceError(AlerterError):
    """An account's usage could not be read. The text is safe to log: no body, no secret.

    `excerpt` holds up to 200 characters of the answer with secrets removed, for `doctor` and timelines only.
    """

    def __init__(self, text: str, *, status: int | None = None, excerpt: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.excerpt = excerpt

    @property
    def name(self) -> str:
        """The class as it is stored, logged and counted, e.g. `Denied`."""
        return type(self).__name__


class Unreachable(SourceError):
    """Nothing answered: refused, reset, timed out, no such host, or TLS was not verified."""


class Denied(SourceError):
    """401 or 403: the credential, its permission GET_ACCOUNT_USAGE, or the app's address list."""


class UnknownAccount(SourceError):
    """404: the account id does not exist on this host."""


class Throttled(SourceError):
    """429: asked too often."""

    def __init__(
        self, text: str, *, after: timedelta | None = None, status: int | None = 429, excerpt: str = ""
    ) -> None:
        super().__init__(text, status=status, excerpt=excerpt)
        self.after = after


class ServerFault(SourceError):
    """Any other error status, or a redirect to another host."""


class BadAnswer(SourceError):
    """Status 200, but not the documented answer: empty, truncated, wrong types, negative, huge, over the size limit."""


class DeliveryError(AlerterError):
    """A channel did not confirm a message. The text is safe to show: no secret, no full body."""


class RetryLater(DeliveryError):
    """Worth another try: after `after` if the channel said when. `doubt`: the channel may have taken the message."""

    def __init__(self, text: str, *, after: timedelta | None = None, doubt: bool = False) -> None:
        super().__init__(text)
        self.after = after
        self.doubt = doubt


class Undeliverable(DeliveryError):
    """The channel will never take this message as things are: someone must act."""


class StoreError(AlerterError):
    """The database cannot be used now: locked, gone, full."""


class Conflict(StoreError):
    """Another process changed the same alert first; read it again and judge again."""


class NewerSchema(StoreError):
    """The database was upgraded by a newer alerter; this one takes no work."""
