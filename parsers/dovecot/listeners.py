"""Which ports are open: services, their inet_listeners, `protocols`, `listen`, and what a global `ssl = no` closes."""

from collections.abc import Iterator

from tlslint.model import How, Known, Origin, Span, Unknown, Value
from tlslint.model.numbers import whole
from tlslint.model.struct import Struct
from tlslint.parsers.dovecot import settings
from tlslint.parsers.dovecot.filters import Connection, Written
from tlslint.parsers.dovecot.tree import Tree, known_value

_PROTOCOLS = {"imap": "imap", "pop3": "pop3", "submission": "smtp", "sieve": "managesieve", "lmtp": "lmtp", "doveadm": "other"}
_TRUE = ("yes", "y", "1")
_EVERYWHERE = frozenset({"*", "::", "[::]", "0.0.0.0"})  # noqa: S104 (read, not bound)


class Listener(Struct):
    """An open port. `protocol` is Dovecot's word for the service (`imap`, `sieve`); `speaks` the model's (`managesieve`).

    `implicit`: TLS from the first byte. `anchor`: the block that makes it, or the file's beginning. `settings`: what its block says, by
    name.
    """

    service: str
    name: str
    protocol: str
    speaks: str
    port: int
    port_value: Value[int | None]
    addresses: tuple[str, ...]
    address_value: Value[str | None]
    implicit: bool
    implicit_origins: tuple[Origin, ...]
    anchor: Span

    def title(self, address: str) -> str:
        """As administrators say: `imaps (993)`, `imaps (192.0.2.1:993)`."""
        if address in ("", "*"):
            return f"{self.name} ({self.port})"
        return f"{self.name} ([{address}]:{self.port})" if ":" in address else f"{self.name} ({address}:{self.port})"


def listeners(tree: Tree) -> list[Listener]:
    """Every TCP port Dovecot opens."""
    start = Span(tree.files[0], 0, 0)
    if tree.release.is_1:
        return list(_of_1x(tree, start))
    served, _ = protocols(tree)
    found: list[Listener] = []
    open_ssl = tree.find("ssl", Connection("", side="master"))
    ssl_off = known_value("ssl", open_ssl, tree).holds("no")
    for service, row in _services(tree).items():
        protocol = row.protocol
        if protocol and protocol not in served and protocol != "doveadm":
            continue
        for name, (port, implicit) in row.inet.items():
            listener = _listener(tree, service, name, row.speaks, port, implicit=implicit, start=start)
            if listener is not None and not (listener.implicit and ssl_off):
                found.append(listener)
    return found


_OF_1X = {
    "imap": ("imap", "imap", 143, False),
    "imaps": ("imap", "imap", 993, True),
    "pop3": ("pop3", "pop3", 110, False),
    "pop3s": ("pop3", "pop3", 995, True),
    "managesieve": ("managesieve", "managesieve", 2000, False),
}
"""1.x: each word of `protocols` is a port of its own; `listen` and `ssl_listen` of the protocol's block may move it
(src/master/master-settings.c of 1.2)."""


def _of_1x(tree: Tree, start: Span) -> Iterator[Listener]:
    said = tree.root.settings.get("protocols")
    words = said[-1].value.split() if said else (settings.default("protocols", tree.release) or "").split()
    ssl_off = known_value("ssl", tree.find("ssl", Connection("", side="master")), tree).holds("no")
    for word in words:
        if word not in _OF_1X:
            continue
        protocol, speaks, port, implicit = _OF_1X[word]
        if implicit and ssl_off:
            continue
        where = tree.find("ssl_listen" if implicit else "listen", Connection(protocol, side="master")).written
        text = where.value if where is not None else "*"
        host, _, last = text.rpartition(":") if whole(text.rpartition(":")[2]) is not None else (text, "", str(port))
        how = Origin(How.WRITTEN, where.span) if where is not None else Origin(How.DEFAULT, None, f"default of Dovecot {tree.release.text}")
        address = "*" if host in _EVERYWHERE or host == "" else host.strip("[]")
        begins = Origin(How.DEFAULT, None, f"{word} begins with TLS" if implicit else f"{word} begins in plain text")
        number = int(last) if len(last) < 8 else port
        value: Value[int | None] = Known(number, (how,))
        where_value: Value[str | None] = Known(text, (how,))
        anchor = _anchor(tree, start)
        yield Listener(
            f"{protocol}-login", word, protocol, speaks, number, value, (address,), where_value, implicit, (begins,), anchor
        )  # fmt: skip


def boolean_list(tree: Tree, key: str) -> tuple[list[str], bool]:
    """A list of 2.4 such as `protocols`, and whether anything is said of it: a text says all of it anew, a block of its name switches
    words on and off; what stands later wins (seen on 2.4.1)."""
    words = (settings.default(key, tree.release) or "").split()
    blocks = [each for each in tree.filters if each.names == (key,)]
    said = [*tree.root.settings.get(key, ()), *(one for each in blocks for every in each.settings.values() for one in every)]
    for written in sorted(said, key=lambda each: each.order):
        if written.key == key:
            words = written.value.split()
        elif written.value.lower() in _TRUE and written.key not in words:
            words.append(written.key)
        elif written.value.lower() == "no" and written.key in words:
            words.remove(written.key)
    return words, bool(said)


def protocols(tree: Tree) -> tuple[list[str], bool]:
    """The protocols that are switched on, and whether that is sure."""
    root = tree.root
    words: list[str] = []
    said = False
    if tree.release.is_24:
        words, said = boolean_list(tree, "protocols")
    elif "protocols" in root.settings:
        said = True
        words = [
            {"imaps": "imap", "pop3s": "pop3", "managesieve": "sieve"}.get(word, word)
            for word in root.settings["protocols"][-1].value.split()
        ]
    if said and not ((tree.unseen or tree.hides_protocols) and words == []):
        return words, True
    if tree.hides_protocols or tree.is_fragment or tree.unseen:
        # Debian's packages each add their own in /usr/share/dovecot/protocols.d, which is not here: the two everybody has
        return ["imap", "pop3"], False
    return (settings.default("protocols", tree.release) or "").split(), True


class _Service(Struct):
    """A login service: the protocol that must be switched on for it, and its ports: number, and TLS from the first byte."""

    protocol: str
    speaks: str
    inet: dict[str, tuple[int, bool]]


def _services(tree: Tree) -> dict[str, _Service]:
    table: dict[str, _Service] = {}
    for service, row in settings.listener_defaults().items():
        inet = {
            name: (port, implicit) for name, port, implicit, since in row["inet"] if tree.release.number >= settings.release(since).number
        }
        table[service] = _Service(row["protocol"], row["protocol"], inet)
    for each in tree.filters:
        kinds = [name.partition("/") for name in each.names]
        if not kinds or kinds[0][0] != "service":
            continue
        service = kinds[0][2]
        if service not in table:
            own = next((f for f in tree.filters if f.names == each.names[:1]), None)
            program = own.settings["executable"][-1].value.split(" ")[0].rpartition("/")[2] if own and "executable" in own.settings else ""
            if program not in table:
                continue
            protocol = own.settings["protocol"][-1].value if own and "protocol" in own.settings else ""
            table[service] = _Service(protocol, table[program].speaks, {})
        if len(kinds) == 2 and kinds[1][0] == "inet_listener":
            table[service].inet.setdefault(kinds[1][2], (0, False))
    return table


def _listener(tree: Tree, service: str, name: str, protocol: str, port: int, *, implicit: bool, start: Span) -> Listener | None:
    blocks = [each for each in tree.filters if each.names == (f"service/{service}", f"inet_listener/{name}")]

    def last(key: str) -> Written | None:
        names = (f"inet_listener_{key}", key) if tree.release.is_24 else (key,)
        said = [written for each in blocks for wanted in names for written in each.settings.get(wanted, ())]
        return max(said, key=lambda written: written.order) if said else None

    anchor = blocks[0].span if blocks and blocks[0].span is not None else _anchor(tree, start)
    said_port = last("port")
    for other, listener, key, written in tree.ports:
        if (other, listener, key) == (service, name, "port") and said_port is None:
            said_port = written
    number: int | None = port
    origins: tuple[Origin, ...] = (Origin(How.DEFAULT, None, f"default of Dovecot {tree.release.text}"),)
    if said_port is not None:
        origins = (Origin(How.WRITTEN, said_port.span),)
        number = whole(said_port.value)
    if number == 0:
        return None
    said_ssl = last("ssl")
    ssl_origins: tuple[Origin, ...] = (Origin(How.DEFAULT, None, f"default of Dovecot {tree.release.text}"),)
    if said_ssl is not None:
        implicit, ssl_origins = said_ssl.value.lower() in _TRUE, (Origin(How.WRITTEN, said_ssl.span),)
    said_address = last("listen" if tree.release.is_24 else "address")
    everywhere = tree.root.settings.get("listen", ())
    if said_address is None and everywhere:
        said_address = everywhere[-1]
    text = said_address.value if said_address is not None else settings.default("listen", tree.release) or "*"
    addresses = tuple(dict.fromkeys("*" if word in _EVERYWHERE else word.strip("[]") for word in text.replace(",", " ").split())) or ("*",)
    address: Value[str | None] = Known(text, (Origin(How.WRITTEN, said_address.span),)) if said_address is not None else Known(text)
    value: Value[int | None] = Known(number, origins) if number is not None else Unknown("the port is not a number", origins)
    return Listener(
        service, name, protocol, _PROTOCOLS.get(protocol, "other"), number or 0, value, addresses, address, implicit, ssl_origins, anchor
    )


def _anchor(tree: Tree, start: Span) -> Span:
    """What to underline for a listener nobody wrote: the `protocols` line, or the first line of the file."""
    said = tree.root.settings.get("protocols")
    return said[-1].statement.span if said else start
