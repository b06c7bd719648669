"""Templates that users write: what they may change, and what they cannot break."""

from pathlib import Path

import pytest

from alerter.channels.builtin import data_folder
from alerter.channels.render import Rendered, Words
from alerter.channels.samples import CROSSED


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def say(folder: Path, template: str, name: str = "slack.j2", limit: float = 2.0) -> Rendered:
    (folder / name).write_text(template)
    return Words(folder, limit=limit).render("slack", CROSSED)


def test_a_block_replaces_the_built_in_one_and_the_others_stay(folder: Path) -> None:
    words = say(folder, "{% block title %}Look: {{ subject }} at {{ share|share }}{% endblock %}")
    assert words.title == "Look: acme-enterprise at 90%"
    assert words.summary.startswith("acme-enterprise has used 90%")
    assert words.note == ""


def test_the_built_in_template_can_be_extended_and_its_words_used(folder: Path) -> None:
    own = """{% extends "builtin/slack.j2" %}{% import "words.j2" as words %}
    {% block title %}{{ words.label(message) }}! {{ super() }}{% endblock %}"""
    assert say(folder, own).title.startswith("WARNING! WARNING · acme-enterprise")


def test_the_shared_words_can_be_replaced(folder: Path) -> None:
    own = (data_folder("templates") / "words.j2").read_text().replace("has used", "has spent")
    assert say(folder, own, "words.j2").summary.startswith("acme-enterprise has spent 90%")


def test_names_are_escaped_in_a_users_template_too(folder: Path) -> None:
    (folder / "email.html.j2").write_text("{% block title %}<b>{{ subject }}</b>{% endblock %}")
    words = Words(folder).render("email.html", {**CROSSED, "subject": "<script>"})
    assert words.title == "<b>&lt;script&gt;</b>"


FOREVER = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"

HOSTILE = {
    "a mistake": "{% block title %}{{ nonsense }}{% endblock %}",
    "broken syntax": "{% block title %}{{ subject ",
    "no such filter": "{{ subject|nonsense }}",
    "division by zero": "{% block title %}{{ 1 / 0 }}{% endblock %}",
    "a loop that prints": "{% block title %}{% for i in range(99999) %}{{ subject }}{% endfor %}{% endblock %}",
    "a loop that does not": f"{{% block title %}}{FOREVER}{{% endblock %}}",
    "a loop outside the blocks": FOREVER,
    "endless recursion": "{% macro m() %}{{ m() }}{% endmacro %}{% block title %}{{ m() }}{% endblock %}",
    "including itself": '{% include "slack.j2" %}',
    "a large power": "{% block title %}{{ 9 ** 9 ** 9 }}{% endblock %}",
    "a long text": "{% block title %}{{ 'x' * 10 ** 9 }}{% endblock %}",
    "a text that doubles": "{% set a = 'xxxxxxxx' %}" + "\n{% set a = a ~ a %}" * 40,
    "a width": "{% block title %}{{ '{:>999999999}'.format(1) }}{% endblock %}",
    "a width of old": "{% block title %}{{ '%999999999d' % 1 }}{% endblock %}",
    "a centred text": "{% block title %}{{ 'x'.center(999999999) }}{% endblock %}",
    "a replacement": "{% block title %}{{ ('x' * 9)|replace('x', 'y') }}{% endblock %}",
    "a way out": "{% block title %}{{ ''.__class__.__mro__[1].__subclasses__() }}{% endblock %}",
    "globals": "{% block title %}{{ self.__init__.__globals__ }}{% endblock %}",
    "another file": '{% include "../../../../etc/passwd" %}',
    "a file of 1 MB": "{# " + "x" * 1_000_000 + " #}",
    "changing the facts": "{% block title %}{{ message.clear() }}{% endblock %}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_template_that_fails_gives_way_to_the_built_in_one_and_is_told(folder: Path, name: str) -> None:
    words = say(folder, HOSTILE[name], limit=0.3)
    assert words.title == "WARNING · acme-enterprise: 90% of tokenization operations used"
    assert words.note.startswith("your template slack.j2 was not used: ")
    assert len(words.note) < 300


def test_validation_tries_each_template_on_samples(folder: Path) -> None:
    (folder / "slack.j2").write_text("{% block title %}{{ period.per }}{% endblock %}")
    (folder / "console.j2").write_text("{% block title %}fine{% endblock %}")
    ((file, text),) = Words(folder).problems()
    assert file == "slack.j2"
    assert "with the sample" in text


def test_the_built_in_templates_have_no_problems(folder: Path) -> None:
    assert Words(data_folder("templates")).problems() == []
    assert Words(folder).problems() == []
