"""`/api/v1/openapi.json`: the API described by itself, and which filters each list takes."""

from collections.abc import Mapping
from importlib.metadata import version

from alerter.web.api.parameters import LIMIT, MOST
from alerter.web.api.schemas import (
    DELIVERY,
    KINDS,
    SCHEMAS,
    SEVERITIES,
    STATES,
    STATUSES,
    TEXT,
    TIME,
    Schema,
    one_of,
    ref,
)

_GLOB = (TEXT, "Only this name; `*` and `?` as in rule files.")
_SINCE = (TIME, "From this time on: RFC 3339 with a zone, or a date (midnight UTC).")
_UNTIL = (TIME, "Before this time: RFC 3339 with a zone, or a date (midnight UTC).")

FILTERS: Mapping[str, Mapping[str, tuple[Schema, str]]] = {
    "licenses": {"license": _GLOB, "account": _GLOB, "state": (one_of(STATES), "With a quota in this state.")},
    "accounts": {"license": (TEXT, "Pooled by this license; globs as in rule files."), "account": _GLOB},
    "alerts": {
        "license": _GLOB,
        "account": (TEXT, "About this account, or a license that pools it; globs as in rule files."),
        "rule": _GLOB,
        "status": (one_of(STATUSES), "Only these."),
        "severity": (one_of(SEVERITIES), "Only these."),
        "since": _SINCE,
        "until": _UNTIL,
    },
    "readings": {
        "account": (TEXT, "Exactly this account."),
        "kind": (one_of(KINDS), "Only these windows."),
        "since": (TIME, "Windows that end after this time."),
        "until": (TIME, "Windows that end at this time or before."),
    },
    "outbox": {"channel": _GLOB, "status": (one_of(DELIVERY[::2]), "Only these.")},
    "rules": {},
}
"""List → its filters, each with its schema and what it does. `limit` and `cursor` go with every list."""

_DOCS = {
    "licenses": "Every license with its quotas, by name.",
    "accounts": "Every account and how reading it goes, by name.",
    "alerts": "Alerts, the last opened first.",
    "readings": "Readings as they were stored, by account and time.",
    "outbox": "Messages that wait or could not be delivered, oldest first.",
    "rules": "The rules in force, by name, and the mistakes of a rejected reload.",
}
_LIMIT: Schema = {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}


def _parameter(name: str, schema: Schema, doc: str) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": doc}


def _answer(name: str, doc: str) -> Schema:
    return {"description": doc, "content": {"application/json": {"schema": ref(name)}}}


def _list(name: str) -> Schema:
    filters = [_parameter(n, schema, doc) for n, (schema, doc) in FILTERS[name].items()]
    filters.append(_parameter("limit", _LIMIT, "At most so many; a page may be shorter and still have a `next`."))
    filters.append(_parameter("cursor", TEXT, "`next` of the page before."))
    return {
        "get": {
            "summary": _DOCS[name],
            "operationId": name,
            "parameters": filters,
            "responses": {
                "200": _answer(name.capitalize(), "A part of the list."),
                "400": _answer("Error", "A parameter cannot be used."),
                "503": _answer("Error", "The database does not answer."),
            },
        }
    }


def _alert() -> Schema:
    where: Schema = {"name": "id", "in": "path", "required": True, "schema": TEXT}
    return {
        "get": {
            "summary": "One alert with its timeline and deliveries.",
            "operationId": "alert",
            "parameters": [where],
            "responses": {
                "200": _answer("AlertStory", "The alert."),
                "404": _answer("Error", "There is no such alert."),
                "503": _answer("Error", "The database does not answer."),
            },
        }
    }


def _reload() -> Schema:
    return {
        "post": {
            "summary": "Read the rule files again. Needs ALERTER_WEB_TOKEN; without one, only this machine may.",
            "operationId": "reload",
            "security": [{"token": []}],
            "responses": {
                "200": _answer("Reloaded", "The files on disk are in force."),
                "401": _answer("Error", "The token is missing or wrong."),
                "403": _answer("Error", "There is no token, and this is not from this machine."),
                "409": _answer("Error", "The rules of this service are fixed: it is the demo."),
                "422": _answer("Reloaded", "The files on disk hold mistakes; the last good book stays in force."),
                "503": _answer("Reloaded", "The database does not answer; the last good book stays in force."),
            },
        }
    }


def _document() -> Schema:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "alerter",
            "version": version("alerter"),
            "description": "License quotas and usage of Fortanix DSM. An early warning, not an invoice.",
        },
        "servers": [{"url": "/api/v1"}],
        "paths": {**{f"/{name}": _list(name) for name in FILTERS}, "/alerts/{id}": _alert(), "/reload": _reload()},
        "components": {"schemas": SCHEMAS, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


DOCUMENT = _document()
