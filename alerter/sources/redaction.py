"""What of an answer may be shown: a few words of it, and never a secret."""

import base64
import binascii
import json
import re
from collections.abc import Iterable
from urllib.parse import quote

SHOWN = 200
"""How many characters of an answer `doctor` and timelines may show."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


def excerpt(body: bytes, secrets: Iterable[str]) -> str:
    """Up to 200 characters of what the server said, in one line, without these secrets or their parts."""
    text = _CONTROL.sub(" ", _said(body))
    for secret in sorted(_forms(secrets), key=len, reverse=True):
        text = text.replace(secret, "…")
    return text.strip()[:SHOWN]


def _said(body: bytes) -> str:
    """DSM's errors are plain text, `{"message": …}` or `{"errors": […]}`."""
    text = body.decode("utf-8", "replace")
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(answer, dict):
        for name in ("message", "errors"):
            if name in answer:
                answer = answer[name]
                break
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)


def _forms(secrets: Iterable[str]) -> set[str]:
    """Each secret as it might come back: as it is, decoded, in parts, without padding, escaped."""
    plain: set[str] = set()
    for secret in secrets:
        decoded = _decoded(secret)
        plain |= {secret, secret.rstrip("="), decoded, *decoded.split(":"), *secret.split(":")}
    forms = {form for text in plain for form in (text, quote(text, safe=""), text.replace("/", "\\/"))}
    return {form for form in forms if len(form) >= 4}


def _decoded(secret: str) -> str:
    try:
        return base64.b64decode(secret, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
