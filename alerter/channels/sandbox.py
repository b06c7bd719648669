"""Jinja2 for words only: templates that a user wrote can neither reach out, nor run on, nor fill the memory."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from types import FrameType
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, Template
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from alerter.channels.filters import FILTERS

MOST_OUTPUT = 50_000
"""Characters a block may come to, and any text or list on the way to it."""

TIME_LIMIT = 2.0
"""Seconds that rendering one message with a user's templates may take."""

# Of Jinja2's own filters, those whose output is about as long as their input.
_KEPT = [
    "abs",
    "capitalize",
    "default",
    "d",
    "escape",
    "e",
    "first",
    "float",
    "int",
    "items",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "round",
    "select",
    "selectattr",
    "sort",
    "string",
    "title",
    "trim",
    "truncate",
    "unique",
    "upper",
]

_GROWING_METHODS = frozenset(
    [
        "center",
        "encode",
        "expandtabs",
        "format",
        "format_map",
        "join",
        "ljust",
        "replace",
        "rjust",
        "translate",
        "zfill",
    ]
)


class Overrun(SecurityError):
    """A template took too long, or made too much."""


def _checked(size: int) -> None:
    if size > MOST_OUTPUT:
        raise Overrun(f"makes more than {MOST_OUTPUT} characters")


def _join(values: Iterable[object], by: str = ", ") -> str:
    parts = [str(value) for value in values]
    _checked(sum(map(len, parts)) + len(by) * len(parts))
    return by.join(parts)


def _replace(text: str, old: str, new: str) -> str:
    _checked(len(text) + (text.count(old) * len(new)))
    return text.replace(old, new)


class WordsEnvironment(ImmutableSandboxedEnvironment):
    """The sandbox: our filters and the harmless ones of Jinja2, `range`, and arithmetic of a human size."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, loader: BaseLoader | None, *, autoescape: bool) -> None:
        super().__init__(
            loader=loader,
            autoescape=autoescape,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        kept = {name: self.filters[name] for name in _KEPT}
        self.filters = {**kept, "join": _join, "replace": _replace, **FILTERS}
        self.globals = {"range": self.globals["range"]}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Also refuses the methods that make a long text out of a short one."""
        if isinstance(obj, str) and attr in _GROWING_METHODS:
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """`str.format` is refused outright: a width makes a gigabyte."""
        return None

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Refuses powers, text formatting, and results of inhuman size."""
        both_numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "**" or (operator in {"*", "%"} and not both_numbers):
            raise SecurityError(f"the operator {operator} is not available here")
        result = super().call_binop(context, operator, left, right)
        if isinstance(result, int) and result.bit_length() > 256:
            raise Overrun("a number is too large")
        if isinstance(result, str | list | tuple):
            _checked(len(result))
        return result


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Stop the code inside after `seconds`, even in a loop that prints nothing, and when a text in it grows too long.

    A trace function, because nothing else stops Python code of this thread from within; it costs some speed, so it
    watches only what a user wrote.
    """
    deadline = time.monotonic() + seconds

    def watch(frame: FrameType, event: str, _: object) -> Callable[..., Any] | None:
        if time.monotonic() > deadline:
            raise Overrun(f"takes longer than {seconds:g} s")
        if not isinstance(frame.f_globals.get("environment"), WordsEnvironment):
            return None  # not a template's own code: its calls are enough
        if event == "line":
            for value in frame.f_locals.values():
                if isinstance(value, str | list):
                    _checked(len(value))
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        yield
    finally:
        sys.settrace(before)


def _drain(pieces: Iterable[str]) -> str:
    found: list[str] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        _checked(size)
        found.append(piece)
    return "".join(found)


def render_blocks(
    environment: WordsEnvironment, name: str, blocks: Iterable[str], variables: Mapping[str, object]
) -> dict[str, str]:
    """The named blocks of a template that it has, rendered. Raises whatever a template may raise."""
    template = environment.get_template(name)
    context = template.new_context(dict(variables))
    # What stands outside the blocks is run for its imports and for `extends`; its output is not used.
    _drain(template.root_render_func(context))
    return {block: _drain(context.blocks[block][0](context)) for block in blocks if block in context.blocks}


def render_text(environment: WordsEnvironment, source: str, variables: Mapping[str, object]) -> str:
    """One template text, rendered."""
    return _drain(_compiled(environment, source).generate(dict(variables)))


@lru_cache(maxsize=128)
def _compiled(environment: WordsEnvironment, source: str) -> Template:
    return environment.from_string(source)
