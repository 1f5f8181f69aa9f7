"""What slapd.conf and cn=config have in common once read: settings, globally and by database, each with the bytes that say so."""

import re

from tlslint.model import Problem, SourceFile, Span
from tlslint.model.struct import Struct

TEMPLATE = "a template fills it in"


def has_hole(text: str) -> bool:
    """`{{ name }}`, `${NAME}`, `<%= name %>`, `@NAME@`, `%NAME%`: slapd itself knows none of them."""
    return bool(re.search(r"\{\{|\$\{|<%|^[@%]\w+[@%]|\$[A-Z_]{3,}", text))


class Setting(Struct):
    """One directive or attribute value. `name`: the directive's, lower case; `arguments` follow it; `spans`: where each stands.

    `span` covers it all, `value_span` the arguments. `written`: its name as written (`olcTLSCipherSuite`).
    """

    name: str
    arguments: tuple[str, ...]
    span: Span
    value_span: Span
    spans: tuple[Span, ...]
    name_span: Span
    written: str

    @property
    def text(self) -> str:
        """The first argument; most have one."""
        return self.arguments[0] if self.arguments else ""

    @property
    def is_template(self) -> bool:
        """Is part of it filled in by something else before slapd reads it?"""
        return any(has_hole(argument) for argument in self.arguments)


class Database:
    """One database (`frontend` and `config` too) with what is set in it. `anchor`: the line that begins it."""

    def __init__(self, kind: str, anchor: Span) -> None:
        self.kind = kind
        self.anchor = anchor
        self.settings: list[Setting] = []
        self.overlays: list[str] = []

    def all(self, name: str) -> list[Setting]:
        """Every setting of a name, in order."""
        return [setting for setting in self.settings if setting.name == name]

    @property
    def suffixes(self) -> list[str]:
        """What it holds."""
        return [setting.text for setting in self.all("suffix")]

    @property
    def holds_data(self) -> bool:
        """Can people's passwords be in it?"""
        return self.kind not in ("config", "monitor", "frontend", "null", "dnssrv")


class Configuration:
    """Everything that was read. `overall` are the settings that count for all of slapd.

    `fatal`: why slapd refuses it, and where. `unseen`: what could not be read and might say more. `doubt`: what else only a running slapd
    can tell of whether it starts (a schema that was not seen, a Perl module). `fragment`: what is not said is unknown.
    `touched`: for a fragment, names of settings whose value is known although nothing sets them (an attribute that was deleted).
    """

    def __init__(self, root: SourceFile) -> None:
        self.root = root
        self.files: list[SourceFile] = [root]
        self.overall: list[Setting] = []
        self.databases: list[Database] = []
        self.problems: list[Problem] = []
        self.fatal: tuple[str, Span] | None = None
        self.unseen: tuple[str, Span] | None = None
        self.doubt: tuple[str, Span] | None = None
        self.fragment = False
        self.touched: set[str] = set()
        self.is_ldif = False
        self.tls_lost: tuple[str, Span] | None = None
        """A change that slapd refuses leaves it without TLS: why, and where."""

    def last(self, name: str) -> Setting | None:
        """The setting of a name that counts: the last."""
        return next((setting for setting in reversed(self.overall) if setting.name == name), None)

    def all(self, name: str) -> list[Setting]:
        """Every setting of a name for all of slapd, in order: those of the frontend database too."""
        frontend = [setting for each in self.databases if each.kind == "frontend" for setting in each.settings]
        return [setting for setting in (*self.overall, *frontend) if setting.name == name]

    def is_open(self, name: str) -> str:
        """Why a setting that was not found may be set all the same; "" when it surely is not."""
        if self.fragment and name not in self.touched:
            return "what this is added to was not seen"
        return f"{self.unseen[0]} was not seen" if self.unseen is not None else ""
