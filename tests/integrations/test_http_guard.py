"""Whom we may speak to: private addresses, rebinding, TLS (house.md, tree: http.py)."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from integrations.contract import (
    Refused,
    Unavailable,
    Unsure,
)
from integrations.http import Door, ExchangeRecord
from integrations.http_guard import Deadline, Guard, PrivateAddress, is_public
from tests.integrations.wire_server import (
    HEAD,
    SECRET,
    SOON,
    Peer,
    WireServer,
    door,
    one,
    send,
    until,
)

# --- Whom we may speak to --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("100.100.100.200", False),
        ("168.63.129.16", False),
        ("0.0.0.0", False),
        ("255.255.255.255", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("fd00:ec2::254", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("::127.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:7f00:1::", False),
        ("2001:db8::1", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://2130706433/",
        "https://0x7f.1/",
    ],
)
def test_private_addresses_are_refused_in_words(url: str) -> None:
    with pytest.raises(Refused, match="private network"):
        send(url, with_door=Door(allow_private=False))


def test_the_connected_peer_counts_not_the_answer_of_the_resolver() -> None:
    asked: list[bytes] = []
    with WireServer(lambda peer: asked.append(peer.request())) as server:
        guard = Guard(
            allow_private=False,
            resolve=lambda *args: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443))],
            connect=lambda sock, address: sock.connect(("127.0.0.1", server.port)),
        )
        with pytest.raises(Refused, match="private network"):
            send("https://rebound.test/", "POST", with_door=door(guard=guard))
        assert until(lambda: asked == [b""])  # connected, and not one byte was said


def test_one_private_address_among_several_refuses_the_name() -> None:
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("8.8.8.8", "10.0.0.1")]
    guard = Guard(allow_private=False, resolve=lambda *args: rows)
    with pytest.raises(PrivateAddress):
        guard.dial("mixed.test", 443, deadline=Deadline.within(1))


def test_a_silent_address_leaves_time_for_the_next() -> None:
    tried: list[str] = []

    def connect(sock: socket.socket, address: tuple[str, int]) -> None:
        tried.append(address[0])
        if len(tried) == 1:
            time.sleep(sock.gettimeout() or 0)
            raise TimeoutError
        sock.connect(("127.0.0.1", server.port))

    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("10.0.0.1", "10.0.0.2")]
    with WireServer(one(lambda peer: peer.answer())) as server:
        guard = Guard(allow_private=True, resolve=lambda *args: rows, connect=connect)
        assert send("http://two.test/", with_door=door(guard=guard)).status == 200
    assert tried == ["10.0.0.1", "10.0.0.2"]


def test_an_allowed_host_may_be_private_and_plain_others_not() -> None:
    with WireServer(one(lambda peer: peer.answer())) as server:
        way = Door(allow_private=False, allow_hosts=["127.0.0.1"])
        assert send(server.url, with_door=way).status == 200
        with pytest.raises(Refused, match="https"):
            send(f"http://localhost:{server.port}/", with_door=way)
        with pytest.raises(Refused, match="private network"):
            send(f"https://localhost:{server.port}/", with_door=way)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://api.test/",
        "nonsense",
        "",
        "https://",
        "https://a b/",
        "http://[",
        "https://" + "a" * 70 + ".test/",
    ],
)
def test_addresses_that_are_none_are_refused(url: str) -> None:
    ledger: list[ExchangeRecord] = []
    with pytest.raises(Refused):
        send(url, "POST", ledger=ledger)
    assert len(ledger) == 1


@pytest.mark.parametrize("value", ["line\nbreak" + SECRET, "–dash" + SECRET, "nul\0" + SECRET])
def test_credentials_that_fit_no_header_are_refused_without_being_quoted(value: str) -> None:
    ledger: list[ExchangeRecord] = []
    with (
        WireServer(one(lambda peer: peer.answer())) as server,
        pytest.raises(Refused, match="characters") as caught,
    ):
        send(server.url, "POST", headers={"X-Auth": value}, ledger=ledger)
    assert SECRET not in repr(caught.value) + repr(ledger)


# --- TLS -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    real = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(real - timedelta(days=1))
        .not_valid_after(real + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


def secured(certificate: Path, script: Callable[[Peer], None]) -> Callable[[Peer], None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def play(peer: Peer) -> None:
        with context.wrap_socket(peer.sock, server_side=True) as sock:
            script(Peer(sock, peer.stop))

    return play


def test_tls_is_verified_and_drips_end_too(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))  # the environment has no say
    ok = secured(certificate, one(lambda peer: peer.answer()))
    with WireServer(ok) as server:
        url = f"https://localhost:{server.port}/"
        with pytest.raises(Unavailable, match="certificate"):
            send(url, "POST", seconds=2)
        way = door(ca_bundle=str(certificate))
        assert send(url, "POST", with_door=way, seconds=2).status == 200
        with pytest.raises(Unavailable, match="certificate"):  # the name is not in it
            send(url.replace("localhost", "127.0.0.1"), "POST", with_door=way, seconds=2)
    with WireServer(secured(certificate, one(lambda peer: peer.drip(HEAD + b"X-A: 1\r\n" * 99)))) as server:
        started = time.monotonic()
        with pytest.raises(Unsure, match="in time"):
            send(f"https://localhost:{server.port}/", "POST", with_door=way, seconds=0.6)
        assert time.monotonic() - started < SOON


def test_a_server_that_drips_the_handshake_was_never_asked() -> None:
    with WireServer(lambda peer: peer.drip(b"\x16\x03\x03\x40\x00" + b"\x02" * 500)) as server:
        started = time.monotonic()
        with pytest.raises(Unavailable, match="secure connection"):
            send(f"https://127.0.0.1:{server.port}/", "POST", seconds=0.4)
        assert time.monotonic() - started < SOON
