"""What the daemon takes: names of settings, yes and no, words, files that must be there. It does not start with anything else.

Source: src/lib-settings/settings-parser.c (2.3), src/config (2.4).
"""

import os
import re

from tlslint.files import Files
from tlslint.model import Span
from tlslint.model.remedy import Edit, Rewrite
from tlslint.parsers.carried import file_name, readable_path
from tlslint.parsers.dovecot import settings
from tlslint.parsers.dovecot.filters import Written
from tlslint.parsers.dovecot.includes import is_missing
from tlslint.parsers.dovecot.syntax import Kind
from tlslint.parsers.dovecot.tree import Tree

_ENUMS = {
    "ssl": ("no", "yes", "required"),
    "ssl_server_prefer_ciphers": ("client", "server"),
    "submission_relay_ssl": ("no", "smtps", "starttls"),
    "imapc_ssl": ("no", "imaps", "starttls"),
    "pop3c_ssl": ("no", "pop3s", "starttls"),
}


class Acceptance:
    """Holds lines to what a release takes, and tells the tree of those it refuses.

    `is_sure` False: nobody said which release this is for. Then a text is not held to the names of 2.4 unless it says so itself.
    """

    def __init__(self, tree: Tree, files: Files, *, is_sure: bool) -> None:
        self._tree = tree
        self._files = files
        self._is_sure = is_sure

    def unknown(self, written: Written, known: list[str], message: str) -> None:
        """A name the daemon does not know: it does not start. Say what was meant, if that can be told."""
        tree, key, span = self._tree, written.key, written.statement.key_span
        row = settings.renamed(key)
        if tree.release.is_24 and not self._is_sure and tree.config_version is None:
            return
        if tree.release.is_24 and row is not None:
            tree.refuse(f"{key} is a name of 2.3", span)  # migration.py says it better
            if written.kind is Kind.FILE:
                self.file_is_there(written)
            return
        rule, remedy = "unknown-setting", meant(key, known, span)
        if tree.release.is_24:
            if key in settings.names(settings.release("2.3.19")):
                rule, message = "setting-not-in-version", f"{key} is gone: Dovecot {tree.release.text} does not start with it"
        elif key in settings.names(settings.release("2.4.0")) or key in ("dovecot_config_version", "dovecot_storage_version"):
            rule, message = "setting-not-in-version", f"{key} exists from 2.4 on: Dovecot {tree.release.text} does not start with it"
        elif key in settings.names(settings.release("2.3.19")):
            rule, message = "setting-not-in-version", f"{key} is newer than Dovecot {tree.release.text}, which does not start with it"
        if rule == "unknown-setting":
            message += "; it does not start"
        tree.refuse(message, span, "not known here", rule=rule, remedy=remedy)

    def boolean(self, written: Written) -> None:
        """get_bool() of src/lib-settings/settings-parser.c (2.3), str_parse_get_bool() (2.4)."""
        value = written.value
        if written.unknown or (self._tree.release.is_24 and ("%{" in value or "$SET:" in value)):
            return
        if value.lower() in ("yes", "no") or value in ("y", "1"):
            return
        suggestion = {
            "true": b"yes",
            "on": b"yes",
            "enable": b"yes",
            "enabled": b"yes",
            "false": b"no",
            "off": b"no",
            "0": b"no",
            "n": b"no",
        }.get(value.lower())
        remedy = Rewrite((Edit(written.span, suggestion),), f"write {suggestion.decode()}") if suggestion else None
        self._tree.refuse(
            f"{written.key} takes yes or no: Dovecot does not start with '{value}'", written.span, "neither yes nor no", remedy=remedy
        )

    def value(self, written: Written, kind: str) -> None:
        """A number, or one of a few words."""
        value = written.value
        if written.unknown or (self._tree.release.is_24 and ("%{" in value or "$SET:" in value)):
            return
        if kind == "number" and not re.fullmatch(r"\d+|unlimited|0o?\d+", value):
            self._tree.refuse(f"{written.key} takes a number: Dovecot does not start with '{value}'", written.span, "not a number")
        allowed = _ENUMS.get(written.key)
        if kind == "enum" and allowed and value not in allowed:
            instead = {"true": "yes", "on": "yes", "false": "no", "off": "no"}.get(value.lower(), value.lower())
            remedy = Rewrite((Edit(written.span, instead.encode()),), f"write {instead}") if instead in allowed else None
            self._tree.refuse(
                f"{written.key} takes {', '.join(allowed[:-1])} or {allowed[-1]}: Dovecot does not start with '{value}'",
                written.span,
                "not one of these",
                remedy=remedy,
            )

    def file_is_there(self, written: Written, folder: str = "") -> None:
        """2.3 reads every `<file` at start; 2.4 every `*_file`. `folder`: that of the file the line stands in."""
        tree, path = self._tree, written.path
        if tree.release.is_24 and written.kind is Kind.FILE and written.key.endswith("_file"):
            start = written.span.start
            tree.refuse(
                f"{written.key} takes the path itself: with '<' the file's text is taken for a path, so Dovecot 2.4 does not start",
                written.span,
                "drop the '<'",
                remedy=Rewrite((Edit(Span(written.span.file, start, start + _opening(written.span.data)), b""),), "drop the '<'"),
            )
            return
        if written.kind is not Kind.FILE:
            if written.value == "" or written.unknown or written.value.startswith(("inline:", "$SET:")) or "%{" in written.value:
                return
            path = os.path.normpath(os.path.join(folder, file_name(written.value)))
        if is_missing(path, self._files):
            rule = "certificate-missing" if re.fullmatch(r"ssl_\w*(?:cert|key)(?:_file)?", written.key) else "refused"
            tree.refuse(f"{readable_path(path)} does not exist, so Dovecot does not start", written.span, "no such file", rule=rule)


def meant(key: str, known: list[str], span: Span) -> Rewrite | None:
    """The name that was probably meant, as a remedy."""
    import difflib  # noqa: PLC0415 (only where a name is wrong)

    close = difflib.get_close_matches(key.lower()[:60], known, 1, 0.88)
    return Rewrite((Edit(span, close[0].encode()),), f"write {close[0]}") if close else None


def _opening(data: bytes) -> int:
    """How many bytes the `<` and the blanks behind it take."""
    return len(data) - len(data[1:].lstrip()) if data[:1] == b"<" else 0
