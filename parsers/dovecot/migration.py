"""The move from 2.3 to 2.4: every setting that 2.4 does not start with, and its new spelling."""

from tlslint.model import Problem, Span
from tlslint.model.remedy import Advice, Edit, Remedy, Rewrite
from tlslint.parsers.dovecot import protocols
from tlslint.parsers.dovecot.filters import Written

_SWAPPED = {"yes": b"no", "no": b"yes"}


def renamed(written: Written, row: dict[str, str]) -> Problem:
    """What to say of a setting that 2.4 calls something else or no longer has."""
    key, to, note = written.key, row["to"], row.get("note", "")
    remedy = rewrite(written, row)
    if to:
        message = f"{key} is {to} since 2.4, which does not start with the old name"
    else:
        message = f"{key} is gone since 2.4, which does not start with it"
    return Problem("setting-renamed", message + (f"; {note}" if note else ""), written.statement.key_span, "the name of 2.3", (), remedy)


def rewrite(written: Written, row: dict[str, str]) -> Remedy | None:
    """The same thing said in the words of 2.4, as edits."""
    statement, to, how = written.statement, row["to"], row["how"]
    key = Edit(statement.key_span, to.encode())
    value = statement.value_span
    word = written.value.lower()
    if how == "drop":
        return Rewrite((Edit(statement.whole, b""),), "remove the line")
    if how == "copy":
        return Rewrite((key,), f"write {to}")
    if how == "path":
        inner = value.data[1:].lstrip() if value.data[:1] == b"<" else value.data
        edits = (key, Edit(Span(value.file, value.start, value.end - len(inner)), b"")) if len(inner) != len(value.data) else (key,)
        return Rewrite(edits, f"write {to} = the file's path, without '<'")
    if how == "invert" and word in _SWAPPED:
        return Rewrite((key, Edit(value, _SWAPPED[word])), f"write {to} = {_SWAPPED[word].decode()}")
    if how == "server-client" and word in _SWAPPED:
        chosen = b"server" if word == "yes" else b"client"
        return Rewrite((key, Edit(value, chosen)), f"write {to} = {chosen.decode()}")
    if how == "minimum":
        least = protocols.minimum_of_list(written.value)
        least = "TLSv1.2" if least in (None, "SSLv3") else least
        return Rewrite((key, Edit(value, str(least).encode())), f"write {to} = {least}")
    if how == "log" and word in _SWAPPED:
        if word == "no":
            return Rewrite((Edit(statement.whole, b""),), "remove the line")
        return Rewrite((key, Edit(value, b"category=ssl")), "write log_debug = category=ssl")
    return Advice(row.get("note") or f"write {to}")
