"""Keeps secrets out of log lines: webhook tokens in addresses, keys and tokens in headers and queries."""

from __future__ import annotations

import logging
import re

_BLANK = "••••"
_PATTERNS = (
    re.compile(r"(?<=/hooks/)([\w.-]+/)[\w.~-]{8,}"),
    re.compile(r"((?:/invitation|/password/set/[\w-]+)/)[\w.~-]{8,}"),
    re.compile(
        r"(?i)(\b(?:authorization|x-[\w-]*signature|cookie|set-cookie)\b['\"]?\s*[:=]\s*['\"]?)[^'\"\r\n]+"
    ),
    re.compile(r"(?i)(\b(?:token|secret|password|api_key|access_token|refresh_token)=)[^&\s'\"]+"),
)


def blank_secrets(text: str) -> str:
    """The text with everything that looks like a secret by its name blanked."""
    for pattern in _PATTERNS:
        text = pattern.sub(lambda found: f"{found.group(1)}{_BLANK}", text)
    return text


class Redact(logging.Filter):
    """Blanks secrets in the formatted message of every record, tracebacks included."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = blank_secrets(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = blank_secrets(record.exc_text)
        return True
