"""Credentials at rest: encrypted with keys of their own, bound to their row, rotatable."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

MASK = "••••"

NO_KEY = "These credentials cannot be opened with the keys of this installation; enter them again."
WRONG_PLACE = "These credentials were sealed for another place; enter them again."
NOT_SEALED = "What is stored is not a sealed credential; enter the credentials again."


class VaultLocked(Exception):
    """A sealed value does not open; the text is an English message id, shown to a person, without secrets."""


class Secret:
    """A text that shows itself only when asked by `reveal`; never pickled, so it reaches no task queue."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself: for the request that carries it, for nothing else."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode("utf-8"), other._value.encode("utf-8"))

    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled; hand over the connection's id instead")


class Credentials(Mapping[str, Secret]):
    """Credentials by name, each a Secret; printing them shows the names only."""

    __slots__ = ("_secrets",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._secrets = {name: Secret(value) for name, value in values.items()}

    def __getitem__(self, name: str) -> Secret:
        return self._secrets[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._secrets)

    def __len__(self) -> int:
        return len(self._secrets)

    def __repr__(self) -> str:
        return f"Credentials({', '.join(f'{name}={MASK}' for name in self._secrets)})"

    def revealed(self) -> dict[str, str]:
        """Plain texts by name, for contract.Call.credentials."""
        return {name: secret.reveal() for name, secret in self._secrets.items()}

    def secret_values(self) -> tuple[str, ...]:
        """Every non-empty text, for http.Request.secret_values."""
        return tuple(secret.reveal() for secret in self._secrets.values() if secret)


def generate_key() -> str:
    """A new key: 32 random bytes in URL-safe base64."""
    return Fernet.generate_key().decode("ascii")


class Vault:
    """Seals and opens credentials; the first key seals, every key opens (house.md, tree: vault.py).

    `keys`: from `generate_key`, newest first, never Django's SECRET_KEY. To rotate: put a new key first,
    `rotate` every row, then drop the old key. ValueError for no keys or for one that is no key,
    TypeError for one text instead of a sequence.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if isinstance(keys, str):
            raise TypeError("the vault takes a sequence of keys, not one text")
        if not keys:
            raise ValueError("the vault has no keys; make one with integrations.vault.generate_key()")
        fernets: list[Fernet] = []
        broken: list[int] = []
        for number, key in enumerate(keys, start=1):
            try:
                fernets.append(Fernet(key))
            except ValueError:
                broken.append(number)
        # Raised outside the handler: the library's own error would ride along as context.
        if broken:
            raise ValueError(f"vault key number {broken[0]} is not 32 bytes in URL-safe base64")
        self._fernet = MultiFernet(fernets)

    def __repr__(self) -> str:
        return "Vault()"

    def seal(self, values: Mapping[str, str], *, context: str) -> str:
        """ASCII text that holds `values` and opens only for the same `context` ("connection:12").

        TypeError when a name or value is not text. Names and values are equally hidden.
        """
        for name, value in values.items():
            if not isinstance(name, str) or not isinstance(value, str):
                raise TypeError("credentials are texts by name")
        plain = json.dumps({"context": context, "values": dict(values)}, ensure_ascii=True)
        return self._fernet.encrypt(plain.encode("ascii")).decode("ascii")

    def open(self, sealed: str, *, context: str) -> dict[str, str]:
        """What was sealed for that context; VaultLocked when no key fits or it was sealed for another."""
        try:
            plain: bytes | None = self._fernet.decrypt(sealed)
        except (InvalidToken, ValueError):
            plain = None
        if plain is None:
            raise VaultLocked(NO_KEY)
        try:
            content = json.loads(plain)
        except ValueError:
            content = None
        # Encrypted with our key, yet not by `seal`: never taken for credentials, never quoted.
        if not isinstance(content, dict) or not isinstance(content.get("values"), dict):
            raise VaultLocked(NOT_SEALED)
        if content.get("context") != context:
            raise VaultLocked(WRONG_PLACE)
        return {str(name): str(value) for name, value in content["values"].items()}

    def credentials(self, sealed: str, *, context: str) -> Credentials:
        """`open`, with every value wrapped as a Secret."""
        return Credentials(self.open(sealed, context=context))

    def rotate(self, sealed: str) -> str:
        """The same content under the first key; its context stays. VaultLocked when no key fits."""
        try:
            return self._fernet.rotate(sealed).decode("ascii")
        except (InvalidToken, ValueError):
            pass  # raised below, so that nothing rides along as context
        raise VaultLocked(NO_KEY)
