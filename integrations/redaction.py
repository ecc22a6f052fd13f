"""Blanks secrets in anything kept or shown: by value in every encoded form, and by the name they go by."""

from __future__ import annotations

import base64
import functools
import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit, urlunsplit

MASK = "••••"
KEPT_BYTES = 64 * 1024

# --- By value ------------------------------------------------------------------------------------------

# A base64 core shorter than this would blank innocent text.
SHORTEST_CORE = 4
# The longest one character can become: a surrogate pair escaped, or four bytes percent-encoded twice.
LONGEST_FORM = 24
SHORT_ESCAPES = {'"': '"', "/": "/", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
NAMED_ENTITIES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}


def redact(text: str | bytes, secrets: Iterable[str]) -> str:
    """The text with every secret value and everything under a secret's name replaced by ••••.

    Values go raw, URL-encoded (also twice, any hex case, + for a space), JSON-escaped (also nested),
    HTML-escaped, in base64 (both alphabets, any alignment, with or without padding) and in hex. Values
    shorter than 4 bytes: raw, URL, JSON and HTML only. Bytes are read as UTF-8, what is not is replaced.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", errors="replace")
    pattern = _pattern(frozenset(secret for secret in secrets if secret))
    if pattern is not None:
        text = pattern.sub(MASK, text)
    return _mask_named(text)


@functools.lru_cache(maxsize=256)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str] | None:
    forms: list[str] = []
    for secret in sorted(secrets, key=lambda value: (-len(value), value)):
        forms.append(_spelled(secret))
        for raw in dict.fromkeys(_bytes_of(secret)):
            if len(raw) < SHORTEST_CORE:
                continue
            forms.append(f"(?i:{raw.hex()})")
            cores = (core for core in _base64_cores(raw) if len(core) >= SHORTEST_CORE)
            forms.extend("".join(map(_base64_char, core)) + "[A-Za-z0-9+/_-]?" for core in cores)
    return re.compile("|".join(forms)) if forms else None


def _bytes_of(secret: str) -> Iterable[bytes]:
    yield secret.encode("utf-8", errors="surrogatepass")
    try:
        yield secret.encode("latin-1")  # basic auth sends Latin-1 where it can
    except UnicodeEncodeError:
        return


def _spelled(secret: str) -> str:
    """A pattern for the secret where each character may be written in any of its ways, mixed."""
    # Backslashes are counted as a run: one alternative each would explode on a long run.
    runs = re.findall(r"\\+|[^\\]", secret, flags=re.DOTALL)
    return "".join(_backslashes(len(run)) if run[0] == "\\" else _character(run) for run in runs)


def _backslashes(count: int) -> str:
    return rf"(?:\\{{{count},{count * 8}}}|(?:%(?:25){{0,2}}5[cC]){{{count},{count * 8}}})"


def _character(char: str) -> str:
    if char.isascii() and char.isalnum():
        return char  # no encoder touches these, and a literal start keeps the search fast
    utf8 = char.encode("utf-8", errors="surrogatepass")
    ways = [re.escape(char), "".join(rf"%(?:25){{0,2}}{_hex(byte)}" for byte in utf8)]
    ways.append("".join(rf"\\{{1,8}}u(?i:{unit:04x})" for unit in _utf16(char)))
    if char in SHORT_ESCAPES:
        ways.append(rf"\\{{1,8}}{re.escape(SHORT_ESCAPES[char])}")
    if char == " ":
        ways.append(r"\+")
    code = ord(char)
    ways.append(f"&(?:amp;)?#(?:0*{code}|(?i:x0*{code:x}));")
    if char in NAMED_ENTITIES:
        ways.append(f"&(?:amp;)?{NAMED_ENTITIES[char]};")
    if 127 < code < 256:
        ways.append(rf"%(?:25){{0,2}}{_hex(code)}")  # forms of older systems are Latin-1
    if not char.isascii():
        ways.append("\ufffd{1,4}")  # what is left of it when the body was not UTF-8
    return f"(?:{'|'.join(ways)})"


def _utf16(char: str) -> list[int]:
    data = char.encode("utf-16-be", errors="surrogatepass")
    return [int.from_bytes(data[index : index + 2], "big") for index in range(0, len(data), 2)]


def _hex(byte: int) -> str:
    return f"(?i:{byte:02x})"


def _base64_cores(raw: bytes) -> list[str]:
    """For each of the three alignments, the characters that `raw` alone decides, whatever is around it."""
    cores: list[str] = []
    for before in range(3):
        text = base64.b64encode(b"\0" * before + raw).decode("ascii")
        whole = (before + len(raw)) * 8 // 6
        cores.append(text[(0, 2, 3)[before] : whole])
    return cores


def _base64_char(char: str) -> str:
    return {"+": r"(?:[+-]|%2[bB])", "/": r"(?:[/_]|\\+/|%2[fF])"}.get(char, char)


# --- By name -------------------------------------------------------------------------------------------

SECRET_PART = re.compile(
    r"token|secret|passw|senha|signature|authorization|cookie|credential|api[_-]?key|"
    r"(?:^|[_-])(?:user|consumer|access|private|client|subscription|auth)[_-]?key$",
    re.IGNORECASE,
)
SECRET_NAMES = frozenset({"key", "pwd", "pass", "sig", "auth", "assertion", "jwt"})
# An OAuth code stands in a query or form; elsewhere "code" is mostly the code of an error.
QUERY_NAMES = frozenset({"code"})

_JSON_PAIR = re.compile(
    r'"((?:[^"\\\n]|\\.){1,80})"(\s*:\s*)("(?:[^"\\]|\\.)*(?:"|\\?$)|-?\d[\d.eE+-]*|\[[^\[\]{}]*(?:\]|$))'
)
_NESTED_PAIR = re.compile(r'(?<!\\)(\\{1,15})"([^"\\\n]{1,80})\1"(\s*:\s*)\1"([^"\\]*)')
_QUERY_PAIR = re.compile(r"(?<![\w.%\[\]-])([\w.%\[\]-]{1,80})=([^&\s\"'<>;#]+)")
_HEADER_LINE = re.compile(r"^([A-Za-z][\w-]{0,79}):[ \t]*(\S[^\r\n]*)", re.MULTILINE)
_SCHEME = re.compile(
    r"\b((?:proxy-)?authorization|set-cookie|cookie)(\\*['\"]?\s*[:=]\s*\\*['\"]?)"
    r"((?:bearer|basic|token|digest)\s+)?[^\s'\",;\\]+",
    re.IGNORECASE,
)
_USER_INFO = re.compile(r"(?<=://)[^/?#\s@\"'<>]{1,300}@")


def is_secret_name(name: str) -> bool:
    """Whether a header, query parameter or JSON key of that name holds a secret."""
    return name.lower() in SECRET_NAMES or SECRET_PART.search(name) is not None


def _mask_named(text: str) -> str:
    text = _USER_INFO.sub(f"{MASK}@", text)
    text = _JSON_PAIR.sub(_json_pair, text)
    text = _NESTED_PAIR.sub(_nested_pair, text)
    text = _QUERY_PAIR.sub(_query_pair, text)
    text = _HEADER_LINE.sub(lambda m: f"{m[1]}: {MASK}" if is_secret_name(m[1]) else m[0], text)
    return _SCHEME.sub(lambda m: f"{m[1]}{m[2]}{MASK}", text)


def _json_pair(match: re.Match[str]) -> str:
    name = match[1]
    if "\\u" in name:
        try:
            name = json.loads(f'"{name}"')
        except ValueError:
            return match[0]
    return f'"{match[1]}"{match[2]}"{MASK}"' if is_secret_name(name) else match[0]


def _nested_pair(match: re.Match[str]) -> str:
    return (
        f'{match[1]}"{match[2]}{match[1]}"{match[3]}{match[1]}"{MASK}'
        if is_secret_name(match[2])
        else match[0]
    )


def _query_pair(match: re.Match[str]) -> str:
    in_query = match.start() == 0 or match.string[match.start() - 1] in "?&"
    hidden = is_secret_name(match[1]) or (in_query and match[1].lower() in QUERY_NAMES)
    return f"{match[1]}={MASK}" if hidden else match[0]


# --- Whole parts of an exchange ----------------------------------------------------------------------------


def redact_headers(headers: Mapping[str, str], secrets: Iterable[str]) -> dict[str, str]:
    """The headers with values blanked by name and by value."""
    known = tuple(secrets)
    return {
        redact(name, known): MASK if is_secret_name(name) else redact(value, known)
        for name, value in headers.items()
    }


def redact_url(url: str, secrets: Iterable[str]) -> str:
    """The address without user info, its query and path blanked by name and by value; no fragment."""
    try:
        parts = urlsplit(url)
        url = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
    except ValueError:
        url = url.partition("#")[0]  # no address at all: still shown, still blanked
    return redact(url, secrets)


def redact_body(body: bytes, secrets: Iterable[str], *, limit: int = KEPT_BYTES) -> str:
    """A body's text, redacted first and cut to `limit` bytes of UTF-8 after: a cut never splits a secret."""
    known = tuple(secrets)
    margin = max(4096, LONGEST_FORM * max((len(secret) for secret in known), default=0))
    cut = len(body) > limit + margin
    text = redact(body[: limit + margin] if cut else body, known)
    if cut:
        # Whatever the first cut split lies in here; blanking shortens, so it could have slid below the limit.
        text = text[:-margin]
    return text.encode("utf-8", errors="replace")[:limit].decode("utf-8", errors="ignore")
