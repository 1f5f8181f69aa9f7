"""One configured server: what was read, what runs, what it serves, what went wrong while reading."""

from enum import Enum

from tlslint.model.endpoint import Endpoint
from tlslint.model.finding import Confidence, Label, Severity
from tlslint.model.remedy import Remedy
from tlslint.model.source import SourceFile, Span
from tlslint.model.struct import Struct
from tlslint.model.values import Known, Value
from tlslint.model.versions import TlsVersion


class KnownBy(Enum):
    """How software and version are known (the words of effective.schema.json)."""

    GIVEN = "given"
    DETECTED = "detected"
    ASSUMED = "assumed"


class Software(Struct):
    """A program or library: `httpd` `2.4.62`, `openssl` `1.1.1w`. `version` None: not known."""

    name: str
    version: str | None
    how: KnownBy = KnownBy.ASSUMED


class Problem(Struct):
    """A fact met while reading or evaluating that is about the text rather than about an endpoint's TLS.

    `rule` is the kebab name of the rule that reports it (`unknown-setting`, `refused`, `include-missing` …); the check decides on severity
    unless the fact itself carries one. `message` says what was seen and what it means; `label` what stands under the caret.
    """

    rule: str
    message: str
    span: Span
    label: str = ""
    related: tuple[Label, ...] = ()
    remedy: Remedy | None = None
    endpoints: tuple[str, ...] = ()
    severity: Severity | None = None
    confidence: Confidence = Confidence.HIGH
    about: str = ""
    """The file it speaks of where that is not the one it stands in: where an include that was not seen would lie on this disk."""


class Instance(Struct):
    """One configured server.

    `service`: httpd, postfix, dovecot, courier, slapd, ldap-client. `root`: the file evaluation began with. `files`: all that was read.
    `complete` is False for a fragment whose other half was not seen: what it says itself counts, what it omits does not.
    `starts`: would the daemon load this configuration?
    """

    service: str
    root: SourceFile
    software: Software
    tls_library: Software
    complete: bool
    starts: Value[bool] = Known(True)
    endpoints: tuple[Endpoint, ...] = ()
    problems: tuple[Problem, ...] = ()
    files: tuple[SourceFile, ...] = ()
    speaks: frozenset[TlsVersion] | None = None
    """Versions the program can speak with its library, whatever is configured; None: whatever the library can."""
    family: str = ""
    """Family of the distribution it runs on (`debian`, `rhel`, `suse`, `alpine`, `arch`, `freebsd`); "" where that was only assumed."""
