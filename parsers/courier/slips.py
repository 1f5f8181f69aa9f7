"""What is wrong in files that a shell takes without a word."""

import re
from collections.abc import Iterator

from tlslint.model import Label, Problem, Severity, Span, TlsMode
from tlslint.model.remedy import Edit, Rewrite
from tlslint.parsers import placing
from tlslint.parsers.courier import evaluate
from tlslint.parsers.courier.services import Started
from tlslint.parsers.courier.shell import Shell
from tlslint.parsers.failures import causes

_OPENSSL_ONLY = ("TLS_PROTOCOL", "TLS_CIPHER_LIST")
_GNUTLS_ONLY = ("TLS_PRIORITY",)
_KNOWN = re.compile(r"(?:TLS|SSL|IMAP|POP3|ESMTP|IMAPD|POP3D|COURIER)[A-Z0-9_]*|ADDRESS|PORT")


def problems(started: list[Started], judge: "evaluate.Judge") -> list[Problem]:
    """Everything worth saying about one family's files."""
    found: list[Problem] = []
    for each in started:
        for shell in (each.outer, each.inner):
            found += _shell(shell)
        found += _dead_settings(each.inner, judge)
        found += _meanings(each, judge)
        found += _switches(each, judge)
        found += _overridden(each.inner, across=each.service.family != "esmtp")
    found += _failed(judge)
    return list(dict.fromkeys(found))


def _failed(judge: "evaluate.Judge") -> Iterator[Problem]:
    """Handshakes that fail for a reason no rule about endpoints names: one problem for each cause, not one for each port."""
    for cause in causes(judge.failures):
        rule = {"certificates": "certificate-missing", "tls": "means-something-else"}.get(cause.field)
        if rule is not None:
            yield Problem(rule, f"{cause.why}: TLS is offered, and every handshake fails", cause.place, endpoints=cause.endpoints)


def _shell(shell: Shell) -> Iterator[Problem]:
    for slip in shell.slips:
        span = slip.span
        if slip.kind == "syntax":
            yield Problem("refused", f"{slip.text}, so the service does not start", span, "not shell grammar")
        elif slip.kind == "missing":
            message = f"{slip.text} was not seen, so what it sets is not known"
            yield Problem("include-missing", message, span, about=shell.files.on_disk(slip.text))
        elif slip.kind == "clobber":
            yield Problem(
                "refused", "set overwrites the start script's own argument: it ends at once and starts nothing", span, "overwrites $1"
            )
        elif slip.kind == "lost":
            yield Problem(
                "swallowed-line",
                f"an unquoted blank: the shell takes what follows for a command, and {slip.text} is not set",
                span,
                "the assignment is lost",
                (),
                _quoted(span),
            )
        elif slip.kind == "command":
            line = _line(span)
            match = re.match(r"([A-Z_][A-Z0-9_]*)[ \t]+=[ \t]*(\S*)", line.text)
            if match:
                gap = Span(line.file, line.start + match.end(1), line.start + match.start(2))
                yield Problem(
                    "means-something-else",
                    f"with a blank before '=' the shell runs a command called {match.group(1)}; the variable is not set",
                    line,
                    "not an assignment",
                    (),
                    Rewrite((Edit(gap, b"="),), "remove the blanks around '='"),
                )
            elif _KNOWN.match(slip.text.lstrip("\ufeff")) or "=" in slip.text:
                rule = "pasted-characters" if not slip.text.isascii() else "means-something-else"
                yield Problem(rule, f"the shell looks for a command called '{slip.text[:40]}'; nothing is set", span, "read as a command")


def _line(span: Span) -> Span:
    end = span.file.data.find(b"\n", span.start)
    return Span(span.file, span.start, len(span.file.data) if end == -1 else end)


def _quoted(span: Span) -> Rewrite | None:
    match = re.match(rb"(?:export[ \t]+)?[A-Za-z_]\w*=", span.data)
    if match is None or b'"' in span.data or b"'" in span.data:
        return None
    value = Span(span.file, span.start + match.end(), span.start + len(span.data.rstrip()))
    return Rewrite((Edit(value, b'"' + value.data.strip() + b'"'),), "put the whole value in quotes")


def _dead_settings(shell: Shell, judge: "evaluate.Judge") -> Iterator[Problem]:
    for name, why in evaluate.data()["dead"]["names"].items():
        said = shell.get(name)
        if (
            said.span is not None
            and (said.value or said.unknown)
            and not (name == "TLS_STARTTLS_PROTOCOL" and said.span.text == '"$TLS_PROTOCOL"')
        ):
            yield Problem("setting-ignored-here", f"{name} has no effect: {why}", said.span, "has no effect", (), _removed(said.span))
    for name in _OPENSSL_ONLY if judge.is_gnutls else _GNUTLS_ONLY:
        said = shell.get(name)
        if said.span is not None and said.value:
            other = "TLS_PRIORITY" if judge.is_gnutls else "TLS_PROTOCOL and TLS_CIPHER_LIST"
            yield Problem(
                "setting-ignored-here",
                f"{name} has no effect: Courier is built with {'GnuTLS' if judge.is_gnutls else 'OpenSSL'} here, which reads {other}",
                said.span,
                "has no effect",
                (),
                _removed(said.span),
            )


def _removed(value: Span) -> Rewrite | None:
    """Without the line, where it holds nothing but this assignment."""
    lines = placing.whole_lines(value)
    if not re.fullmatch(rb"""[ \t]*(?:export[ \t]+)?\w+=(?:"[^"]*"|'[^']*'|[^\s"';&|<>()#]*)[ \t\r]*\n?""", lines.data):
        return None
    return Rewrite((Edit(lines, b""),), "remove the line")


def _meanings(each: Started, judge: "evaluate.Judge") -> Iterator[Problem]:
    shell = each.inner
    for name in ("IMAP_TLS_REQUIRED", "POP3_TLS_REQUIRED", "ESMTP_TLS_REQUIRED"):
        said = shell.get(name)
        if said.span is not None and said.value and re.match(r"(?i)y|t|on", said.value) and not evaluate.atoi(said.value):
            yield Problem(
                "means-something-else",
                f"{name} is read as a number, and '{said.value}' is 0: TLS is not required",
                said.span,
                "means 0",
                (),
                Rewrite((Edit(said.span, b"1"),), "write 1"),
            )
    required = shell.get("IMAP_TLS_REQUIRED")
    if each.service.name == "imapd" and required.span is not None and evaluate.atoi(required.value or "") and not required.unknown:
        mode, _ = judge.mode(each)
        offered = each.outer.get("IMAPDSTARTTLS")
        if mode.holds(TlsMode.NONE):
            related = (Label(offered.span, "switches STARTTLS off"),) if offered.span is not None else ()
            yield Problem(
                "setting-ignored-here",
                "IMAP_TLS_REQUIRED counts only while STARTTLS is offered: without it passwords are taken in the clear",
                required.span,
                "has no effect",
                related,
            )
    protocol = shell.get("TLS_PROTOCOL")
    if protocol.span is not None and protocol.value and not judge.is_gnutls:
        table = evaluate.protocol_table(judge.version)
        if protocol.value not in table["words"]:
            least = next(iter(table["other"].values()))
            yield Problem(
                "means-something-else",
                f"'{protocol.value}' is not one of Courier's words, so it falls back to {least} and later without a sign",
                protocol.span,
                f"means {least} and later",
                (),
                Rewrite((Edit(protocol.span, b'"TLSv1.2++"'),), "write TLSv1.2++") if "TLSv1.2++" in table["words"] else None,
            )
    verify = shell.get("TLS_VERIFYPEER")
    if not verify.unknown and (verify.value or "p")[:1].lower() == "p" and shell.read:
        place = verify.span or shell.get("TLS_CERTFILE").span
        if place is not None:
            what = "TLS_VERIFYPEER=PEER" if verify.value else "TLS_VERIFYPEER is not set, which is PEER, and PEER"
            yield Problem(
                "client-certificate-not-enforced",
                f"{what} asks clients for a certificate, and who has none is let in all the same",
                place,
                "asked for, not required" if verify.value else "PEER by default",
                severity=None if verify.value else Severity.INFO,
            )
    if verify.span is not None and verify.value and verify.value[:1].lower() not in "npr":
        effect = "none" if judge.is_gnutls else "PEER"
        yield Problem(
            "means-something-else",
            f"TLS_VERIFYPEER knows NONE, PEER and REQUIREPEER; '{verify.value}' means {effect}",
            verify.span,
            f"means {effect}",
        )


def _switches(each: Started, judge: "evaluate.Judge") -> Iterator[Problem]:
    """IMAPDSTART and its like on Debian: the init script asks, the systemd unit starts the service without (Debian 12 and 13)."""
    said = each.outer.get(each.service.start)
    if not judge.is_debian or said.span is None or said.value is None or said.value[:1] in ("y", "Y") or each.service.name == "esmtpd-msa":
        return
    unit = UNITS[each.service.name][0]
    yield Problem(
        "setting-ignored-here",
        f"{each.service.start} keeps nothing from starting: Debian's systemd unit does not ask; systemctl disable --now {unit} does",
        said.span,
        "not asked for",
        severity=Severity.INFO,
    )


UNITS = {
    "imapd": ("courier-imap", "courier-imap-ssl"),
    "imapd-ssl": ("courier-imap-ssl", "courier-imap"),
    "pop3d": ("courier-pop", "courier-pop-ssl"),
    "pop3d-ssl": ("courier-pop-ssl", "courier-pop"),
    "esmtpd": ("courier-mta", "courier-mta-ssl", "courier-msa"),
    "esmtpd-msa": ("courier-msa",),
    "esmtpd-ssl": ("courier-mta-ssl",),
    "courierd": ("courier",),
}
"""Debian's systemd units that read a file, its own first."""


def _overridden(shell: Shell, *, across: bool) -> Iterator[Problem]:
    """Assigned twice. `across`: all services read all files; what esmtpd says counts on port 25 whatever esmtpd-ssl says."""
    for name, said in shell.variables.items():
        if said.span is None or not said.earlier or not _KNOWN.fullmatch(name):
            continue
        for before in said.earlier:
            if before.data != said.span.data and (across or before.file is said.span.file):
                yield Problem(
                    "setting-overridden",
                    f"{name} is set again further on, and the last one counts",
                    before,
                    "has no effect",
                    (Label(said.span, "counts"),),
                )
