"""Credentials at rest: what opens, what does not, and what never shows (G4; house.md, vault.py)."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from cryptography.fernet import Fernet

from integrations.vault import Credentials, Secret, Vault, VaultLocked, generate_key

VALUES = {"token": "s3cr3t-ção", "user": "maria"}
HERE = "connection:12"


def test_g4_what_is_sealed_opens_again_and_is_unreadable_meanwhile() -> None:
    vault = Vault([generate_key()])
    sealed = vault.seal(VALUES, context=HERE)
    assert sealed.isascii()
    assert "s3cr3t" not in sealed
    assert "maria" not in sealed
    assert vault.open(sealed, context=HERE) == VALUES
    assert vault.seal(VALUES, context=HERE) != sealed  # equal credentials do not look equal


def test_g4_a_sealed_value_copied_to_another_row_does_not_open() -> None:
    vault = Vault([generate_key()])
    sealed = vault.seal(VALUES, context=HERE)
    with pytest.raises(VaultLocked, match="another place") as caught:
        vault.open(sealed, context="connection:13")
    assert "s3cr3t" not in repr(caught.value)


def test_keys_rotate_without_a_moment_in_which_a_row_does_not_open() -> None:
    old, new = generate_key(), generate_key()
    sealed = Vault([old]).seal(VALUES, context=HERE)
    both = Vault([new, old])
    assert both.open(sealed, context=HERE) == VALUES
    moved = both.rotate(sealed)
    assert Vault([new]).open(moved, context=HERE) == VALUES
    with pytest.raises(VaultLocked):
        Vault([new]).open(sealed, context=HERE)
    with pytest.raises(VaultLocked, match="another place"):
        both.open(both.rotate(sealed), context="connection:13")
    # The first key is the one that seals.
    with pytest.raises(VaultLocked):
        Vault([old]).open(both.seal(VALUES, context=HERE), context=HERE)


@pytest.mark.parametrize("sealed", ["", "nonsense", "ç", "gAAAAA", "x" * 5000])
def test_what_no_key_opens_is_locked_in_words(sealed: str) -> None:
    vault = Vault([generate_key()])
    for attempt in (lambda: vault.open(sealed, context=HERE), lambda: vault.rotate(sealed)):
        with pytest.raises(VaultLocked, match="enter them again") as caught:
            attempt()
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None


def test_one_changed_character_locks_it() -> None:
    vault = Vault([generate_key()])
    sealed = vault.seal(VALUES, context=HERE)
    broken = sealed[:40] + ("A" if sealed[40] != "A" else "B") + sealed[41:]
    with pytest.raises(VaultLocked):
        vault.open(broken, context=HERE)


@pytest.mark.parametrize(
    "plain", [b"not json", b"[]", b'{"values": 3}', json.dumps({"context": HERE}).encode()]
)
def test_what_seal_did_not_write_is_no_credential(plain: bytes) -> None:
    key = generate_key()
    with pytest.raises(VaultLocked, match="not a sealed credential"):
        Vault([key]).open(Fernet(key).encrypt(plain).decode(), context=HERE)


def test_bad_keys_are_named_by_number_and_never_quoted() -> None:
    with pytest.raises(ValueError, match="no keys"):
        Vault([])
    with pytest.raises(TypeError, match="sequence"):
        Vault(generate_key())
    for bad in ("my-secret-key", "ç" * 44, ""):
        with pytest.raises(ValueError, match="number 2") as caught:
            Vault([generate_key(), bad])
        assert not bad or bad not in str(caught.value)
        assert caught.value.__context__ is None


def test_only_texts_are_sealed() -> None:
    with pytest.raises(TypeError):
        Vault([generate_key()]).seal({"port": 3}, context=HERE)  # type: ignore[dict-item]


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("hunter2")
    assert f"{secret} {secret!r} {secret!s} {secret:>20} %s" % secret == "•••• •••• •••• •••• ••••"
    assert secret.reveal() == "hunter2"
    assert secret == Secret("hunter2")
    assert secret != Secret("hunter3")
    assert secret != "hunter2"
    assert len({secret, Secret("hunter2")}) == 1
    assert not Secret("")
    assert copy.deepcopy(secret) is secret
    for store in (pickle.dumps, json.dumps):
        with pytest.raises(TypeError):
            store(secret)


def test_credentials_show_names_and_hand_out_secrets() -> None:
    vault = Vault([generate_key()])
    credentials = vault.credentials(vault.seal({**VALUES, "spare": ""}, context=HERE), context=HERE)
    assert isinstance(credentials, Credentials)
    assert "s3cr3t" not in repr(credentials) + str(dict(credentials)) + repr(vault)
    assert "token" in repr(credentials)
    assert credentials["token"].reveal() == VALUES["token"]
    assert credentials.revealed() == {**VALUES, "spare": ""}
    assert credentials.secret_values() == ("s3cr3t-ção", "maria")
