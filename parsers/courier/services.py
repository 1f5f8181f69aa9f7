"""Courier's programs: which files their start scripts read, in which order, and which port they open.

Source: imapd.rc.in, imapd-ssl.rc.in, pop3d.rc.in, pop3d-ssl.rc.in, courier's esmtpd.in and esmtpd-ssl.in; /usr/lib/courier/* and
/usr/sbin/esmtpd of
Debian 12 and 13. A script reads the files itself, expands its own command line with them, and hands that to a clean shell that reads them
again:
`outer` and `inner` are those two orders; `expanded` are the variables that the first reading decides.
"""

from tlslint.files import Files
from tlslint.model.numbers import whole
from tlslint.model.struct import Struct
from tlslint.parsers.courier.shell import Shell, Slip


class Service(Struct):
    """A listener's start script."""

    name: str
    title: str
    protocol: str
    family: str
    outer: tuple[str, ...]
    inner: tuple[str, ...]
    port: str
    address: str
    default_port: int
    implicit: bool
    start: str


SERVICES = (
    Service("imapd", "imap", "imap", "imap", ("imapd-ssl", "imapd"), ("imapd", "imapd-ssl"), "PORT", "ADDRESS", 143, False, "IMAPDSTART"),
    Service(
        "imapd-ssl",
        "imaps",
        "imap",
        "imap",
        ("imapd", "imapd-ssl"),
        ("imapd", "imapd-ssl"),
        "SSLPORT",
        "SSLADDRESS",
        993,
        True,
        "IMAPDSSLSTART",
    ),
    Service("pop3d", "pop3", "pop3", "pop3", ("pop3d", "pop3d-ssl"), ("pop3d", "pop3d-ssl"), "PORT", "ADDRESS", 110, False, "POP3DSTART"),
    Service(
        "pop3d-ssl",
        "pop3s",
        "pop3",
        "pop3",
        ("pop3d", "pop3d-ssl"),
        ("pop3d", "pop3d-ssl"),
        "SSLPORT",
        "SSLADDRESS",
        995,
        True,
        "POP3DSSLSTART",
    ),
    Service("esmtpd", "smtp", "smtp", "esmtp", ("esmtpd",), ("esmtpd",), "PORT", "ADDRESS", 25, False, "ESMTPDSTART"),
    Service(
        "esmtpd-msa",
        "msa",
        "smtp",
        "esmtp",
        ("esmtpd", "esmtpd-msa"),
        ("esmtpd", "esmtpd-msa"),
        "PORT",
        "ADDRESS",
        587,
        False,
        "ESMTPDSTART",
    ),
    Service(
        "esmtpd-ssl",
        "smtps",
        "smtp",
        "esmtp",
        ("esmtpd", "esmtpd-ssl"),
        ("esmtpd", "esmtpd-ssl"),
        "SSLPORT",
        "SSLADDRESS",
        465,
        True,
        "ESMTPDSSLSTART",
    ),
)
_GIVEN = {
    "prefix": "/usr",
    "exec_prefix": "/usr",
    "sbindir": "/usr/sbin",
    "bindir": "/usr/bin",
    "sysconfdir": "/etc/courier",
    "libexecdir": "/usr/lib/courier",
}
_PORTS = {
    "smtp": 25,
    "imap": 143,
    "imap2": 143,
    "imaps": 993,
    "pop3": 110,
    "pop3s": 995,
    "submission": 587,
    "smtps": 465,
    "ssmtp": 465,
    "submissions": 465,
}


class Started(Struct):
    """A service with both its shells, and why it does not start ("" when it does)."""

    service: Service
    outer: Shell
    inner: Shell
    failure: str
    unseen: str = ""
    """A file that the script reads and that is not shown: this is a part of a configuration, judged by what it says."""


def start(service: Service, directory: str, files: Files) -> Started:
    """Read a service's files as its start script does."""
    given = {**_GIVEN, "sysconfdir": directory}
    outer = Shell(files, given)
    unseen = ""
    for name in service.outer:
        if files.kind(f"{directory}/{name}") == "missing":
            unseen = f"{directory}/{name}"
        else:
            outer.source(f"{directory}/{name}")
    inner = Shell(files, given)
    for name in service.inner:
        if files.kind(f"{directory}/{name}") != "missing":
            inner.source(f"{directory}/{name}")
    failure = outer.stopped or inner.stopped
    if not failure and outer.clobbers_arguments:
        failure = "set overwrites the script's own argument"
    return Started(service, outer, inner, failure, unseen)


def port_of(text: str) -> tuple[str, int] | None:
    """One element of a port list: address ("" for the service's own) and number."""
    address, _, last = text.rpartition(".")
    number = whole(last) if len(last) < 6 else None
    if number is not None:
        return address, number
    return (address, _PORTS[last]) if last in _PORTS else None


__all__ = ["SERVICES", "Service", "Slip", "Started", "port_of", "start"]
