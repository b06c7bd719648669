"""What YAML calls a scanner error, in words for people who edit rule files."""

import re
from typing import Any

from alerter.rulebook.nodes import Node
from alerter.rulebook.words import shown

INDENT = "the indentation of this line does not fit the lines above it"
UNQUOTED = "put the text in quotes"

COMMENT = "an unquoted `#` begins a comment, so the rest of this line is not read"
HIDDEN = re.compile(r"[:,\[] {1,8}(#[^\s#,}\]]+)")
QUOTED = re.compile(r""""[^"]*"|'[^']*'""")

PROBLEMS: tuple[tuple[str, str, str], ...] = (
    (r"found character '\\t'", "a tab stands where only spaces may", "indent with spaces"),
    (r"found character '(?P<c>.)' that cannot", "text cannot begin with `{c}`", UNQUOTED),
    (
        r"mapping values are not allowed",
        "a second `:` on this line, or wrong indentation",
        "quote text that holds `: `",
    ),
    (r"mapping keys are not allowed", "`?` cannot stand here", UNQUOTED),
    (r"sequence entries are not allowed", "a list item (`- `) cannot stand here", "begin the list on the next line"),
    (r"could not find expected ':'", "there is no `:` after this key", "write `key: value`"),
    (r"unknown escape character '(?P<c>.)'", "`\\{c}` means nothing in double quotes", "use single quotes, or \\\\"),
    (r"expected escape sequence", "a `\\x`, `\\u` or `\\U` is cut short", "use single quotes, or \\\\"),
    (r"unexpected document separator", "a quote is still open at this `---`", "close the quote"),
    (r"expected ',' or '[\]}]', but got '<stream end>'", "", ""),
    (r"expected ',' or '(?P<c>.)'", "a comma or the closing `{c}` is missing before this", ""),
    (r"expected <block end>, but found '<scalar>'", "there is text after the end of a value", "quote the whole text"),
    (r"expected <block end>", INDENT, "keys of one mapping begin in the same column"),
    (r"the node content, but found '<stream end>'", "the file ends in the middle of a value", ""),
    (
        r"the node content, but found '(?P<c>[^']+)'",
        "`{c}` cannot stand here",
        "a value is missing, or text needs quotes",
    ),
    (r"undefined alias", "this alias (*) names no anchor (&) above it", ""),
    (r"expected '<document start>'", INDENT, "keys of one mapping begin in the same column"),
)


def explain(error: Exception, text: str, opened: Node | None = None) -> tuple[int, int, str, str]:
    """Line and column (from 0), what is wrong, and what would mend it; `opened` is what was still open, innermost."""
    context, problem = str(getattr(error, "context", "") or ""), str(getattr(error, "problem", "") or "")
    mark: Any = getattr(error, "problem_mark", None)
    begin: Any = getattr(error, "context_mark", None)
    position = getattr(error, "position", None)
    if isinstance(position, int):
        line, column = _place(text, position)
        return line, column, "an invisible control character stands here", "delete it, or type the text again"
    if begin is not None and "quoted scalar" in context and "end of stream" in problem:
        return begin.line, begin.column, "the quote opened here is never closed", "close it at the end of the text"
    hidden = _comment(text, opened, mark) if opened is not None and mark is not None else None
    if hidden is not None:
        return hidden
    if opened is not None and "'<stream end>'" in problem and "flow" in context:
        bracket = "[" if isinstance(opened.value, list) else "{"
        return opened.line, opened.column, f"the `{bracket}` opened here is never closed", "close it"
    above = _without_colon(text, mark.line) if mark is not None and "mapping values" in problem else None
    if above is not None:
        return (*above, *_words("could not find expected ':'"))
    said = _words(problem)
    return (mark.line, mark.column, *said) if mark is not None else (0, 0, *said)


def _comment(text: str, opened: Node, mark: Any) -> tuple[int, int, str, str] | None:
    """The text behind `: ` or `, ` that begins with `#`, in the brackets that are open where reading stopped."""
    lines = text.split("\n")
    if lines[opened.line : opened.line + 1] and lines[opened.line][opened.column : opened.column + 1] in {"{", "["}:
        for number in range(opened.line, min(mark.line + 1, len(lines))):
            line = QUOTED.sub(lambda quoted: "x" * len(quoted[0]), lines[number])
            found = HIDDEN.search(line, opened.column if number == opened.line else 0)
            if found:
                quoted = shown(found[1])
                return number, found.start(1), COMMENT, f'write "{quoted}" in quotes'
    return None


def _without_colon(text: str, number: int) -> tuple[int, int] | None:
    """The line above this one, when it is a lone word: it was meant as a key, and YAML reads on into the next line."""
    lines = text.split("\n")
    above = lines[number - 1] if number else ""
    lone = re.fullmatch(r"( *)[\w.-]+ *", above)
    return (number - 1, len(lone[1])) if lone else None


def _words(problem: str) -> tuple[str, str]:
    for pattern, words, hint in PROBLEMS:
        found = re.search(pattern, problem)
        if found and words:
            return words.format(**found.groupdict()), hint
    return "this cannot be read as YAML", "check quotes, brackets and indentation"


def _place(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n"), len(before) - before.rfind("\n") - 1
