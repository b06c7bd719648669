"""Results of rule tests as JUnit XML: https://github.com/testmoapp/junitxml describes what CI systems read."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from alerter.cli.trial_report import difference
from alerter.pipeline.compare import Met


def junit_xml(results: Sequence[Met]) -> str:
    """A suite a file, a case a test; a failure holds the timeline."""
    failed = sum(not met.ok for met in results)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="alerter test" tests="{len(results)}" failures="{failed}" errors="0">',
    ]
    for file, group in groupby(results, key=lambda met: met.trial.file):
        lines += _suite(file, list(group))
    return "\n".join([*lines, "</testsuites>", ""])


def _suite(file: str, group: Sequence[Met]) -> Iterator[str]:
    failed = sum(not met.ok for met in group)
    yield f'  <testsuite name={_attribute(file)} tests="{len(group)}" failures="{failed}" errors="0">'
    for met in group:
        name, trial = _attribute(met.trial.name), met.trial
        case = f'    <testcase classname={_attribute(file)} name={name} file={_attribute(file)} line="{trial.line}"'
        yield f"{case}/>" if met.ok else f"{case}>"
        if not met.ok:
            told = f"{len(met.missing)} expected and not told, {len(met.extra)} told and not expected"
            yield f"      <failure message={_attribute(told)}>{escape(_plain(chr(10).join(difference(met))))}</failure>"
            yield "    </testcase>"
    yield "  </testsuite>"


def _attribute(text: str) -> str:
    return quoteattr(_plain(text))


def _plain(text: str) -> str:
    """Without the characters that XML 1.0 cannot hold."""
    return "".join(c if c in "\n\t" or (c >= " " and c not in "\ufffe\uffff") else " " for c in text)
