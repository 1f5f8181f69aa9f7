"""Listen, and the addresses of <VirtualHost>: what httpd opens and what each part of an address means.

Sources: server/listen.c (ap_set_listener, alloc_listener, ap_setup_listeners), server/vhost.c (get_addresses), apr_parse_addr_port of
httpd 2.4 and APR 1.7; the runs behind tests/data/live.
"""

import re

from tlslint.model import Span
from tlslint.model.struct import Struct
from tlslint.parsers.apache.scopes import Place, RefusedError
from tlslint.parsers.apache.syntax import Word
from tlslint.parsers.apache.tree import Node

ANY = "*"
"""Every address of the host, IPv6 and IPv4 alike (`*`, `_default_`, `[::]` on a host with IPv6: one wildcard socket)."""

_LOCAL = {"localhost": ("127.0.0.1",), "ip6-localhost": ("::1",)}


class Socket(Struct):
    """A `Listen`. `host`: normalised address, `*` for all; None where only DNS could tell. `protocol`: https, http or as written."""

    host: str | None
    port: int
    protocol: str
    node: Node

    @property
    def shown(self) -> str:
        """As people write it: `*:443`, `[::1]:443`."""
        return f"{bracketed(self.host or '?')}:{self.port}"


class Address(Struct):
    """One address of a `<VirtualHost>`. `port` 0: any. `host` None: a name only DNS knows; `written`: the word's host part."""

    host: str | None
    port: int
    word: Word
    written: str

    @property
    def span(self) -> Span:
        """The word."""
        return self.word.span

    @property
    def hosts(self) -> tuple[str | None, ...]:
        """The socket addresses it equals: a wildcard stands for 0.0.0.0 and [::] (getaddrinfo gives both; seen on 2.4.71)."""
        if self.host == ANY:
            return ("0.0.0.0", ANY)  # noqa: S104 (an address to compare with, nothing is opened)
        return (ANY,) if self.host == "::" else (self.host,)

    @property
    def is_wild(self) -> bool:
        """`*`, `_default_`, and addresses of all zeros: they form one list (vhost.c, ap_fini_vhost_config)."""
        return self.host in (ANY, "0.0.0.0", "::")  # noqa: S104 (an address to compare with, nothing is opened)


def bracketed(host: str) -> str:
    """An IPv6 address in brackets, anything else as it is."""
    return f"[{host}]" if ":" in host else host


def listen(node: Node, _place: Place) -> tuple[str, Socket]:
    """Read `Listen [address:]port [protocol] [options=…]`. Raises `RefusedError`."""
    found = node.words
    if not found or len(found) > 3:
        raise RefusedError("Listen takes an address and perhaps a protocol, so httpd does not start")
    host, port = _split(found[0], "Listen")
    if not port:
        what = found[0].spoken
        raise RefusedError(f"Listen needs a port: {what} is none, so httpd does not start", found[0].span)
    options = [word for word in found[1:] if word.text.lower().startswith("options=")]
    plain = [word for word in found[1:] if word not in options]
    if len(plain) > 1:
        raise RefusedError("Listen takes an address and perhaps a protocol, so httpd does not start", plain[1].span, "one too many")
    protocol = plain[0].text.lower() if plain else "https" if port == 443 else "http"
    address = ANY if host in ("", "*") else _resolved(host)
    return "listen", Socket(ANY if address == "::" else address, port, protocol, node)


def collide(one: Socket, other: Socket) -> bool:
    """Can Linux not open both? A wildcard socket takes its port for every address of its family; [::] takes IPv4 along (bind(2), ip(7)).

    Only 0.0.0.0 beside [::] is kept apart by httpd itself (IPV6_V6ONLY; all seen on 2.4.71).
    """
    if one.port != other.port or one.host is None or other.host is None:
        return False
    hosts = {one.host, other.host}
    if len(hosts) == 1:
        return True
    if ANY in hosts:
        return "0.0.0.0" not in hosts  # noqa: S104
    return "0.0.0.0" in hosts and not any(":" in host for host in hosts)  # noqa: S104


def addresses(words: tuple[Word, ...]) -> list[Address]:
    """The addresses of a `<VirtualHost>` line; without a port any port is meant. Raises `RefusedError`."""
    found = []
    for word in words:
        any_port = word.text.endswith(":*")
        bare = Word(word.line, word.text[:-2], word.start, word.end, word.unknown) if any_port else word
        host, port = _split(bare, "<VirtualHost>")
        if not host:
            raise RefusedError(f"<VirtualHost {word.spoken}> has no address, so httpd does not start: write *:{port or 443}", word.span)
        wild = host == "*" or host.lower() == "_default_"
        found.append(Address(ANY if wild else _resolved(host), port, word, host))
    return found


def _split(word: Word, where: str) -> tuple[str, int]:
    """apr_parse_addr_port: (host or "", port or 0)."""
    text = word.text
    digits = re.search(r"[0-9]*\Z", text)
    start = digits.start() if digits else len(text)
    host, port = text, 0
    if start == 0 and text:
        host, port = "", _port(word, text, where)
    elif start < len(text) and text[start - 1] == ":":
        # In an IPv6 address without brackets, too, what follows the last colon is taken for a port.
        host, port = text[: start - 1], _port(word, text[start:], where)
        if not host:
            raise _bad(word, where)
    if host.startswith("["):
        if not host.endswith("]") or len(host) < 4 or not re.fullmatch(r"[0-9A-Fa-f:.]+(?:%.*)?", host[1:-1]):
            raise _bad(word, where)
        host = host[1:-1]
    return host, port


def _port(word: Word, digits: str, where: str) -> int:
    port = int(digits[:9])
    if not 1 <= port <= 65535:
        raise _bad(word, where)
    return port


def _bad(word: Word, where: str) -> RefusedError:
    return RefusedError(f"{where} takes {word.spoken} for an address or port that cannot be, so httpd does not start", word.span)


def _resolved(host: str) -> str | None:
    """A numeric address in its usual form; None for names other than localhost."""
    lower = host.lower()
    if re.fullmatch(r"\d+\.\d+\.\d+\.\d+", lower):
        return lower
    if ":" in lower:
        import ipaddress  # noqa: PLC0415 (only where IPv6 is written)

        try:
            address = ipaddress.IPv6Address(lower)
        except ValueError:
            return None
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(address)
    return _LOCAL[lower][0] if lower in _LOCAL else None
