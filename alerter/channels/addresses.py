"""What a channel may be pointed at."""

import re
from urllib.parse import urlsplit

from alerter.settings import is_loopback

_LOCAL_PART = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_MAIL = re.compile(rf"{_LOCAL_PART}@{_LABEL}(?:\.{_LABEL})*")


def is_mail(text: str) -> bool:
    """Whether `text` is one bare mail address, such as `finance@example.com`."""
    return len(text) <= 254 and _MAIL.fullmatch(text) is not None


def url_problem(url: str) -> str | None:
    """Why messages may not go to `url`, or None. The answer does not repeat the URL: it may be a secret."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "is not a URL"
    if parts.scheme not in {"https", "http"} or not host:
        return "must be an https:// URL"
    if parts.scheme == "http" and not is_loopback(host):
        return "must be https://: http:// is only for this machine itself"
    return None
