"""Whom we may speak to: names looked up and sockets opened under one deadline, the connected peer checked."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Address = tuple[Any, ...]
AddressInfo = tuple[int, int, int, str, Address]

# getaddrinfo cannot be interrupted: a lookup that hangs costs one thread until the resolver gives up.
LOOKUPS_AT_ONCE = 32
_lookups = threading.BoundedSemaphore(LOOKUPS_AT_ONCE)

# Routable by the book, yet inside a cloud: the metadata service of one of them, and 6to4 relays.
ALSO_INSIDE = tuple(ipaddress.ip_network(net) for net in ("168.63.129.16/32", "192.88.99.0/24"))
NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")


class PrivateAddress(Exception):
    """The address lies inside a network that partners may not point us to."""


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """One moment, on the monotonic clock, by which everything ends."""

    at: float

    @classmethod
    def within(cls, seconds: float) -> Deadline:
        """The deadline that many seconds from now."""
        return cls(at=time.monotonic() + seconds)

    @property
    def passed(self) -> bool:
        return time.monotonic() >= self.at

    def left(self) -> float:
        """Seconds left, more than 0; TimeoutError when there are none."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return left


def is_public(address: str) -> bool:
    """Whether an IP address (text, a zone such as %eth0 allowed) is out on the public internet.

    Addresses that carry an IPv4 address (mapped, compatible, 6to4, Teredo, NAT64) are judged by both.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = _carried(ip)
        if inner is not None and not is_public(str(inner)):
            return False
        if ip.ipv4_mapped is not None:
            return True
        if ip.is_site_local:
            return False
    if any(ip in net for net in ALSO_INSIDE if net.version == ip.version):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def is_literal(host: str) -> bool:
    """Whether the host is an address of digits, for which nobody has to be asked."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _carried(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if ip in IPV4_COMPATIBLE or any(ip in net for net in NAT64):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


@dataclass(frozen=True, kw_only=True)
class Guard:
    """Which hosts may be reached: public ones, private ones where `allow_private` or `allow_hosts` say so.

    `allow_hosts` holds names or addresses in lower case, without port. `resolve` and `connect` are the
    system's; tests hand in their own.
    """

    allow_private: bool
    allow_hosts: frozenset[str] = frozenset()
    resolve: Callable[..., Any] = socket.getaddrinfo
    connect: Callable[[socket.socket, Any], None] = socket.socket.connect

    def permits_private(self, host: str) -> bool:
        """Whether that host (any case, with or without brackets or final dot) may be inside."""
        return self.allow_private or host.strip("[]").rstrip(".").lower() in self.allow_hosts

    def check(self, host: str, address: str) -> None:
        """PrivateAddress unless the host may be at that IP address."""
        if not self.permits_private(host) and not is_public(address):
            raise PrivateAddress("the address is inside a private network")

    def look_up(self, host: str, port: int, *, deadline: Deadline) -> list[AddressInfo]:
        """getaddrinfo's rows for a TCP connection; OSError (TimeoutError) when there are none in time."""
        if is_literal(host):  # nobody is asked, so nothing hangs: no thread
            return list(self.resolve(host, port, 0, socket.SOCK_STREAM))
        if not _lookups.acquire(timeout=deadline.left()):
            raise TimeoutError("too many name lookups hang")
        answer: queue.SimpleQueue[list[AddressInfo] | OSError | UnicodeError] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answer.put(self.resolve(host, port, 0, socket.SOCK_STREAM))
            except (OSError, UnicodeError) as error:
                answer.put(error)
            finally:
                _lookups.release()

        threading.Thread(target=ask, name="look-up", daemon=True).start()
        try:
            found = answer.get(timeout=deadline.left())
        except queue.Empty:
            raise TimeoutError("the name lookup took too long") from None
        if isinstance(found, OSError | UnicodeError):
            raise found
        if not found:
            raise OSError("the name has no address")
        return found

    def dial(
        self, host: str, port: int, *, deadline: Deadline, found: Callable[[], None] | None = None
    ) -> socket.socket:
        """A connected TCP socket whose peer was checked.

        `found` is called between lookup and connecting. Raises PrivateAddress, or OSError (also
        TimeoutError); nothing was sent then. One private address among several refuses the name: the
        choice is not left to whoever answers for it.
        """
        host = host.strip("[]")
        rows = self.look_up(host, port, deadline=deadline)
        for row in rows:
            self.check(host, str(row[4][0]))
        if found is not None:
            found()
        failure: OSError = OSError("no address answered")
        for index, (family, kind, protocol, _name, address) in enumerate(rows):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                # A silent address may use its share only, so that the next one is tried.
                sock.settimeout(deadline.left() / (len(rows) - index))
                self.connect(sock, address)
                # The name may have been re-bound since: what counts is who is at the other end now.
                self.check(host, str(sock.getpeername()[0]))
                sock.settimeout(deadline.left())
            except PrivateAddress:
                sock.close()
                raise
            except OSError as error:
                sock.close()
                failure = error
            else:
                return sock
        raise failure
