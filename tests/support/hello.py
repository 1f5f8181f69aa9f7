"""ClientHellos: one written by hand, that offers what no library has any more, and what those of others offer."""

import os
import socket
import struct
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

TLS12, TLS13 = 0x0303, 0x0304
_GROUPS = (29, 23, 24, 25, 30, 256, 257)
_SIGNATURES = (0x0807, 0x0808, 0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201, 0x0202)


def client_hello(version: int, suites: Iterable[int], name: str = "") -> bytes:
    """The record (RFC 5246 section 7.4.1.2): every usual group and signature, one version.

    TLS 1.3 comes without a key share: the server names its suite in the HelloRetryRequest (RFC 8446 section 4.1.4).
    """
    offered = b"".join(struct.pack(">H", code) for code in suites if code <= 0xFFFF)
    extensions = _extension(10, _listed(b"".join(struct.pack(">H", group) for group in _GROUPS)))
    extensions += _extension(11, b"\x01\x00") + _extension(13, _listed(b"".join(struct.pack(">H", each) for each in _SIGNATURES)))
    if version == TLS13:
        extensions += _extension(43, b"\x02" + struct.pack(">H", version)) + _extension(51, _listed(b""))
    if name:
        extensions += _extension(0, _listed(b"\x00" + _listed(name.encode())))
    body = struct.pack(">H", min(version, TLS12)) + os.urandom(32) + b"\x00" + _listed(offered) + b"\x01\x00" + _listed(extensions)
    handshake = b"\x01" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\x03\x01" + _listed(handshake)


def chosen(
    port: int,
    version: int,
    suites: Iterable[int],
    name: str = "",
    begin: Callable[[socket.socket], None] | None = None,
    host: str = "127.0.0.1",
) -> int | None:
    """The suite the server takes of these; None: it takes none (an alert, or it hangs up). `begin` speaks STARTTLS first."""
    with socket.create_connection((host, port), timeout=10) as connection:
        if begin is not None:
            begin(connection)
        connection.sendall(client_hello(version, suites, name))
        head = _exactly(connection, 5)
        if len(head) < 5 or head[0] != 22:
            return None
        said = _exactly(connection, struct.unpack(">H", head[3:5])[0])
        if said[:1] != b"\x02" or struct.unpack(">H", said[4:6])[0] != min(version, TLS12):
            return None
        after = 38 + 1 + said[38]
        return int(struct.unpack(">H", said[after : after + 2])[0])


class Taken(NamedTuple):
    """What a server takes of all suites: in the order in which it chose them, and whether that is its own (None: one suite or none)."""

    suites: tuple[int, ...]
    own_order: bool | None


def taken(choose: Callable[[Iterable[int]], int | None], suites: Iterable[int]) -> Taken:
    """Offer the suites again and again without those chosen before, then all that were chosen the other way round."""
    left, found = list(suites), list[int]()
    while left and (one := choose(left)) is not None:
        left.remove(one)
        found.append(one)
    return Taken(tuple(found), choose(found[::-1]) == found[0] if len(found) > 1 else None)


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    try:
        while len(data) < size and (more := connection.recv(size - len(data))):
            data += more
    except ConnectionError:
        pass
    return data


def _listed(data: bytes) -> bytes:
    return struct.pack(">H", len(data)) + data


def _extension(kind: int, data: bytes) -> bytes:
    return struct.pack(">H", kind) + _listed(data)


class Hello(NamedTuple):
    """What a ClientHello offers, as numbers in order: suites (signals left out), versions and groups."""

    suites: tuple[int, ...]
    versions: tuple[int, ...]
    groups: tuple[int, ...]


_SIGNALS = (0x00FF, 0x5600)
"""Renegotiation (RFC 5746) and fallback (RFC 7507)."""


def offered(peer: socket.socket) -> Hello | None:
    """The ClientHello that lies in the socket, left there (RFC 8446 section 4.1.2); None: the client broke off."""
    data = b""
    while len(data) < 5 or len(data) < 5 + int.from_bytes(data[3:5], "big"):
        before = len(data)
        data = peer.recv(16384, socket.MSG_PEEK)
        if not data or data[0] != 22:
            return None
        if len(data) == before:
            time.sleep(0.01)
    at = 5 + 4 + 2 + 32
    at += 1 + data[at]
    size = int.from_bytes(data[at : at + 2], "big")
    suites = _numbers(data[at + 2 : at + 2 + size])
    at += 2 + size
    at += 1 + data[at] + 2
    versions, groups = (int.from_bytes(data[9:11], "big"),), ()
    while at < 5 + int.from_bytes(data[3:5], "big"):
        kind, size = struct.unpack(">HH", data[at : at + 4])
        body = data[at + 4 : at + 4 + size]
        if kind == 43:
            versions = _numbers(body[1:])
        elif kind == 10:
            groups = _numbers(body[2:])
        at += 4 + size
    return Hello(tuple(number for number in suites if number not in _SIGNALS), versions, groups)


def _numbers(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(data) // 2}H", data)
