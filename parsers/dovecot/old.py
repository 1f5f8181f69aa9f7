"""Settings from before 2.3 that the daemon still understands, and what they are today.

Source: src/config/old-set-parser.c.
"""

import os

from tlslint.model import Problem, Span
from tlslint.model.remedy import Edit, Rewrite
from tlslint.parsers.carried import file_name
from tlslint.parsers.dovecot import settings
from tlslint.parsers.dovecot.filters import Filter, Written
from tlslint.parsers.dovecot.syntax import Kind
from tlslint.parsers.dovecot.tree import Tree


def understood(written: Written, filter_: Filter, tree: Tree, folder: str) -> list[Written] | None:
    """What an old line sets today; None: it is no old one. `folder`: that of the file it stands in."""
    key = written.key
    if tree.release.is_1 and key == "ssl_disable":
        return [written._replace(key="ssl", value={"yes": "no"}.get(written.value.lower(), "yes"))]
    if tree.release.number < (2, 3):
        is_old = tree.release.number >= (2,) and key in ("ssl_cert_file", "ssl_key_file", "ssl_ca_file")
        return _file(written, folder) if is_old else None
    words = settings.obsolete(key)
    if words is None:
        if key == "protocols" and not written.unknown:
            _protocols(written, tree)
        return None
    tree.problems.append(Problem("setting-renamed", f"{key} {words}", written.statement.key_span, "an old name", (), _renamed(written)))
    if key.endswith("_file"):
        return _file(written, folder)
    if key == "ssl_disable":
        return [written._replace(key="ssl", value={"yes": "no", "no": "yes"}.get(written.value.lower(), written.value))]
    if key == "ssl_protocols":
        filter_.settings.setdefault(key, []).append(written)
        from tlslint.parsers.dovecot import protocols  # noqa: PLC0415 (few files need it)

        minimum = protocols.minimum_of_list(written.value)
        if minimum is not None:
            filter_.settings.setdefault("ssl_min_protocol", []).append(written._replace(key="ssl_min_protocol", value=minimum))
    return []


def _file(written: Written, folder: str) -> list[Written]:
    """`ssl_cert_file = /a` is `ssl_cert = </a`."""
    path = os.path.normpath(os.path.join(folder, file_name(written.value)))
    return [written._replace(key=written.key[:-5], kind=Kind.FILE, path=path)] if written.value else []


def _protocols(written: Written, tree: Tree) -> None:
    """`imaps` and `pop3s` without `imap` and `pop3` close the plain port (old_settings_handle_root())."""
    words = written.value.split()
    for plain in ("imap", "pop3"):
        if plain + "s" not in words:
            continue
        message = f"'{plain}s' is no protocol of its own since 2.0: '{plain}' covers both ports"
        tree.problems.append(Problem("setting-renamed", message, written.span, "an old name"))
        if plain not in words:
            tree.ports.append((f"{plain}-login", plain, "port", written._replace(key="port", value="0")))


def _renamed(written: Written) -> Rewrite | None:
    """The spelling of 2.3 for what came before."""
    statement = written.statement
    if written.key.endswith("_file") and written.value:
        return Rewrite(
            (
                Edit(statement.key_span, written.key[:-5].encode()),
                Edit(Span(written.span.file, written.span.start, written.span.start), b"<"),
            ),
            f"write {written.key[:-5]} = <file",
        )
    if written.key == "ssl_protocols":
        return Rewrite(
            (Edit(statement.key_span, b"ssl_min_protocol"), Edit(statement.value_span, b"TLSv1.2")),
            "write ssl_min_protocol = TLSv1.2",
            "old clients lose access",
        )
    if written.key.startswith(("ssl_dh_p", "ssl_parameters")):
        return Rewrite((Edit(statement.whole, b""),), "remove the line")
    return None
