"""What is wrong in a tree that reads well: refused at start, ignored here, overridden, not what it looks like.

Source: the check functions of src/lib-master/master-service-ssl-settings.c, src/login-common/login-settings.c, src/master/master-
settings.c,
src/config/config-parser.c (warnings); seen on 2.3.13, 2.3.19.1 and 2.4.1.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from tlslint.model import Confidence, Label, Problem, Severity, Span
from tlslint.model.remedy import Advice, Edit, Rewrite
from tlslint.model.versions import TlsVersion, spoken
from tlslint.parsers import pasted
from tlslint.parsers.dovecot import protocols, settings
from tlslint.parsers.dovecot.filters import Connection, Filter, Written
from tlslint.parsers.dovecot.listeners import protocols as switched_on
from tlslint.parsers.dovecot.syntax import Kind
from tlslint.parsers.dovecot.tls import Judge
from tlslint.parsers.dovecot.tree import Tree
from tlslint.parsers.failures import causes

_MASTER = Connection("", side="master")
_ANYWHERE = re.compile(
    r"ssl|login_trusted_networks|disable_plaintext_auth|auth_allow_cleartext|protocols|auth_ssl|auth_mechanisms|verbose_ssl"
)


def look(judge: Judge) -> None:
    """Add what is worth saying to the tree's problems, and what keeps the daemon from starting."""
    tree = judge.tree
    if tree.release.number >= (2, 3):
        _refused(judge)
    for problem in (
        *_too_new(tree),
        *_old_protocols(tree),
        *_overridden(tree),
        *_ignored(tree),
        *_meanings(judge),
        *_trusted(tree),
        *_pasted(tree),
        *_client_certificates(tree),
    ):
        tree.problems.append(problem)


def failed(judge: Judge) -> Iterator[Problem]:
    """Handshakes that fail for a reason no rule about endpoints names: one problem for each cause, not one for each port."""
    for cause in causes(judge.failures):
        rule = {"certificates": "certificate-missing", "groups": "means-something-else", "tls": "means-something-else"}.get(cause.field)
        if rule is None or any(each.span == cause.place and each.rule == "means-something-else" for each in judge.tree.problems):
            continue
        label = "no handshake succeeds" if cause.field == "groups" else ""
        # a repository may hold a part of what lies on the host: where nothing at all is said of TLS, that is as likely
        says_nothing = not any(written.key.startswith("ssl") for each, written in _all(judge.tree) if not _is_listener(each))
        sure = Confidence.LOW if says_nothing else Confidence.HIGH
        message = f"{cause.why}: Dovecot starts, and every handshake fails"
        yield Problem(rule, message, cause.place, label, endpoints=cause.endpoints, confidence=sure)


def _is_listener(each: Filter) -> bool:
    """`ssl = yes` of an inet_listener says which port begins with TLS, and nothing of a certificate."""
    return bool(each.names) and each.names[-1].startswith("inet_listener")


def held_back(judge: Judge) -> Iterator[Problem]:
    """Old versions written here that only the library refuses."""
    by_place: dict[Span, dict[TlsVersion, str]] = {}
    for held, span in judge.held_back:
        by_place.setdefault(span, {})[held.version] = held.reason
    for span, reasons in by_place.items():
        are, come = ("is", "it comes") if len(reasons) == 1 else ("are", "they come")
        words = spoken(reasons)
        yield Problem(
            "held-back-by-library",
            f"{words} {are} allowed here and only held back by OpenSSL ({next(iter(reasons.values()))}): "
            f"{come} back with another library or level",
            span,
            f"allows {words}",
        )


def _client_certificates(tree: Tree) -> Iterator[Problem]:
    """ssl_verify_client_cert only asks; logins without a certificate are refused by auth_ssl_require_client_cert alone."""
    asks = "ssl_server_request_client_cert" if tree.release.is_24 else "ssl_verify_client_cert"
    if not tree.everything_seen or any(written.key == "auth_ssl_require_client_cert" for _, written in _all(tree)):
        return
    for _, written in _all(tree):
        if written.key == asks and written.value.lower() in ("yes", "y", "1", "any-cert"):
            yield Problem(
                "client-certificate-not-enforced",
                f"{asks} asks for a certificate, and who has none logs in all the same: auth_ssl_require_client_cert = yes refuses them",
                written.statement.span,
                "asked for, not required",
                (),
                Rewrite(
                    (Edit(_after(written), b"auth_ssl_require_client_cert = yes" + _line_end(written)),),
                    "add auth_ssl_require_client_cert = yes",
                    "clients without a certificate lose access",
                ),
            )


def _after(written: Written) -> Span:
    """Where the next line begins."""
    whole = written.statement.whole
    return Span(whole.file, whole.end, whole.end)


def _line_end(written: Written) -> bytes:
    return b"\r\n" if written.statement.whole.data.endswith(b"\r\n") else b"\n"


def _all(tree: Tree) -> Iterator[tuple[Filter, Written]]:
    for each in tree.filters:
        for said in each.settings.values():
            for written in said:
                yield each, written


def _last(each: Filter, key: str) -> Written | None:
    return each.settings[key][-1] if key in each.settings else None


def _refused(judge: Judge) -> None:
    tree = judge.tree
    is_24 = tree.release.is_24
    asks, authority = ("ssl_server_request_client_cert", "ssl_server_ca_file") if is_24 else ("ssl_verify_client_cert", "ssl_ca")
    for each in tree.filters:
        asked = _last(each, asks)
        if asked is not None and asked.value.lower() in ("yes", "y", "1", "any-cert") and tree.everything_seen:
            chain = [*each.chain(), tree.root]
            ssl = next((written.value for part in chain if (written := _last(part, "ssl"))), "yes")
            known = next((written for part in chain if (written := _last(part, authority))), None)
            if ssl != "no" and (known is None or not (known.value or known.path)):
                tree.refuse(f"{asks} needs the authorities in {authority}; without them Dovecot does not start", asked.statement.span)
    if is_24:
        for _, written in _all(tree):
            if written.key.endswith("_file") and re.search(r"\$SET:\w+_file\b", written.value):
                tree.refuse(
                    f"$SET: of a file setting puts the file's text here, taken for a path then: Dovecot does not start ({written.key})",
                    written.span,
                )
        _options_24(tree)
        allow, ssl_said = _last(tree.root, "auth_allow_cleartext"), _last(tree.root, "ssl")
        if allow is not None and ssl_said is not None and allow.value.lower() in ("yes", "y", "1") and ssl_said.value == "required":
            tree.refuse(
                "auth_allow_cleartext = yes contradicts ssl = required, so Dovecot 2.4 does not start",
                allow.statement.span,
                related=(Label(ssl_said.statement.span, "TLS is required here"),),
                remedy=Rewrite((Edit(allow.span, b"no"),), "write auth_allow_cleartext = no"),
            )
    said = tree.root.settings.get("protocols")
    if said and not said[-1].unknown and said[-1].value != "none":
        words = {"imap", "pop3", "lmtp", "sieve", "submission", "doveadm", "dns", "imap-hibernate", "imap-urlauth", "managesieve", "lda"}
        if not is_24:
            words |= {"imaps", "pop3s"}
        strange = next((word for word in switched_on(tree)[0] if word not in words), None)
        if strange is not None and not any(
            each.names[:1] and each.names[0].startswith("service/") and "protocol" in each.settings for each in tree.filters
        ):
            tree.refuse(f"'{strange}' is not a protocol Dovecot knows, so it does not start", said[-1].span)


def _options_24(tree: Tree) -> None:
    for _, written in _all(tree):
        if written.key == "ssl_options":
            for word in written.value.split():
                if word not in ("compression", "no_ticket"):
                    extra = ": compression is off anyway" if word == "no_compression" else ""
                    tree.refuse(
                        f"ssl_options knows compression and no_ticket; Dovecot 2.4 does not start with '{word}'{extra}",
                        written.span,
                        remedy=Rewrite((Edit(written.statement.whole, b""),), "remove the line")
                        if written.value.strip() == "no_compression"
                        else None,
                    )


def _too_new(tree: Tree) -> Iterator[Problem]:
    """Before 2.3 there are no lists of names; of the TLS settings it is known since when they exist."""
    if tree.release.number >= (2, 3):
        return
    for _, written in _all(tree):
        if settings.is_newer(written.key, tree.release):
            yield Problem(
                "setting-not-in-version",
                f"{written.key} is newer than Dovecot {tree.release.text}, which does not start with it",
                written.statement.key_span,
                "not known here",
            )


def _old_protocols(tree: Tree) -> Iterator[Problem]:
    """2.3 turns ssl_protocols into a minimum, or throws the line away."""
    if tree.release.is_24 or tree.release.number < (2, 3):
        return
    for _, written in _all(tree):
        if written.key != "ssl_protocols" or written.unknown:
            continue
        minimum = protocols.minimum_of_list(written.value)
        words = protocols.unknown_words(written.value)
        effect = settings.default("ssl_min_protocol", tree.release)
        if minimum is None or written.value.strip() != minimum:  # said better below
            tree.problems = [each for each in tree.problems if each.rule != "setting-renamed" or each.span != written.statement.key_span]
        if minimum is None:
            why = f"'{words[0]}' is not a word it takes" if words else "no version is left"
            yield Problem(
                "means-something-else",
                f"Dovecot {tree.release.text} ignores the whole line ({why}); the default counts: ssl_min_protocol = {effect}",
                written.span,
                "ignored",
                (),
                Rewrite(
                    (Edit(written.statement.key_span, b"ssl_min_protocol"), Edit(written.statement.value_span, b"TLSv1.2")),
                    "write ssl_min_protocol = TLSv1.2",
                ),
                severity=Severity.WARNING if effect == "TLSv1.2" else None,
            )
        elif written.value.strip() != minimum:
            yield Problem(
                "means-something-else",
                f"Dovecot {tree.release.text} makes a minimum of this: {minimum} and everything newer, gaps included",
                written.span,
                f"means ssl_min_protocol = {minimum}",
                (),
                Rewrite(
                    (Edit(written.statement.key_span, b"ssl_min_protocol"), Edit(written.statement.value_span, minimum.encode())),
                    f"write ssl_min_protocol = {minimum}",
                ),
            )


def _overridden(tree: Tree) -> Iterator[Problem]:
    for each in tree.filters:
        for key, said in each.settings.items():
            if not _ANYWHERE.match(key) or key == "ssl_protocols":
                continue
            for before, after in pairwise(said):
                if before.statement is after.statement:
                    continue
                same = before.value == after.value and before.path == after.path
                if not same and not after.statement.span.data.count(b"$"):
                    yield Problem(
                        "setting-overridden",
                        f"{key} is set again further on, and the last one counts",
                        before.statement.span,
                        "has no effect",
                        (Label(after.statement.span, "counts"),),
                    )
    if tree.release.is_1:
        return
    for key, said in tree.root.settings.items():
        if not _ANYWHERE.match(key):
            continue
        for each in tree.filters[1:]:
            inside = _last(each, key)
            if (
                inside is not None
                and not (set(each.names) - {"ssl_server"})
                and inside.order < said[-1].order
                and inside.value != said[-1].value
            ):
                yield Problem(
                    "setting-ignored-here",
                    f"this global {key} does not change what an earlier block set for its connections",
                    said[-1].statement.span,
                    "counts elsewhere only",
                    (Label(inside.statement.span, "still counts here"),),
                )


def _ignored(tree: Tree) -> Iterator[Problem]:
    for each, written in _all(tree):
        key = written.key
        if key in ("ssl_min_protocol", "ssl_protocols", "ssl_curve_list", "ssl_prefer_server_ciphers", "ssl_server_prefer_ciphers") and any(
            part.local_name is not None for part in each.chain()
        ):
            yield Problem(
                "setting-ignored-here",
                f"{key} has no effect for a name: when the client says which one it wants, versions are agreed on already",
                written.statement.span,
                "has no effect here",
            )
        if each.names and each.names[-1].startswith("inet_listener/") and key.startswith("ssl_") and tree.release.is_24:
            yield Problem(
                "setting-ignored-here", f"{key} has no effect inside an inet_listener", written.statement.span, "has no effect here"
            )
        if key == "ssl" and not each.names and each is not tree.root and written.value != "no":
            above = tree.find("ssl", _MASTER).written
            if above is not None and above.value == "no":
                yield Problem(
                    "setting-ignored-here",
                    "with ssl = no outside, ports with TLS from the first byte stay closed; this turns on STARTTLS only",
                    written.statement.span,
                    "STARTTLS only",
                    (Label(above.statement.span, "closes 993 and 995"),),
                )
    for each in tree.filters:
        if each.protocol in ("imaps", "pop3s", "pop3-login", "imap-login", "managesieve", "smtp") and each.span is not None:
            meant = {"imaps": "imap", "pop3s": "pop3", "managesieve": "sieve", "smtp": "submission"}.get(
                each.protocol, each.protocol.partition("-")[0]
            )
            yield Problem(
                "setting-ignored-here",
                f"no connection has the protocol '{each.protocol}', so nothing in this block counts; the word is '{meant}'",
                each.span,
                "never matches",
            )


def _meanings(judge: Judge) -> Iterator[Problem]:
    tree = judge.tree
    for each, written in _all(tree):
        key, value = written.key, written.value
        if written.unknown:
            continue
        if (
            written.kind is Kind.VALUE
            and not tree.release.is_24
            and not tree.release.is_1
            and key in ("ssl_cert", "ssl_key", "ssl_dh", "ssl_ca", "ssl_alt_cert", "ssl_alt_key")
        ):
            if value.startswith("/") or value.endswith((".pem", ".crt", ".key")):
                at = Span(written.span.file, written.span.start, written.span.start)
                yield Problem(
                    "means-something-else",
                    f"{key} wants the file's text: without '<' the path itself is taken for it, and every handshake fails",
                    written.span,
                    "'<' is missing",
                    (),
                    Rewrite((Edit(at, b"<"),), "write '<' before the path"),
                )
        elif key == "ssl_min_protocol" and tree.release.number >= (2, 3) and "%{" not in value and "$" not in value:
            failure = protocols.minimum(value, tree.release).failure
            if failure:
                yield Problem(
                    "means-something-else",
                    f"{failure}: Dovecot starts, and every handshake fails",
                    written.span,
                    "no handshake succeeds",
                    (),
                    _minimum_meant(written),
                )
        elif key == "ssl_cipher_list" and re.search(r"(?:^|[: ,])TLS_(?:AES|CHACHA20)", value):
            has = settings.default("ssl_cipher_suites", tree.release) is not None
            yield Problem(
                "setting-ignored-here",
                "TLS 1.3 suites are not chosen by ssl_cipher_list" + ("; ssl_cipher_suites does that" if has else ""),
                written.span,
                "no effect on TLS 1.3",
            )
        elif key == "auth_mechanisms" and each is not tree.root and each.protocol:
            continue
    if not tree.release.is_24 and tree.release.number >= (2, 3):
        required, off = tree.root.settings.get("ssl"), tree.root.settings.get("disable_plaintext_auth")
        if required and off and required[-1].value == "required" and off[-1].value.lower() == "no":
            yield Problem(
                "setting-ignored-here",
                "disable_plaintext_auth = no has no effect with ssl = required",
                off[-1].statement.span,
                "has no effect",
                (Label(required[-1].statement.span, "refuses passwords before TLS"),),
            )
    for each in tree.filters:
        if len(each.names) == 2 and each.names[1].startswith("inet_listener/"):
            name = each.names[1].partition("/")[2]
            port = _last(each, "port") or _last(each, "inet_listener_port")
            ssl = _last(each, "ssl") or _last(each, "inet_listener_ssl")
            default = {row[0]: row[2] for row in settings.listener_defaults().get(each.names[0].partition("/")[2], {"inet": ()})["inet"]}
            plain = ssl is None and not default.get(name, False)
            if port is not None and port.value in ("993", "995", "465") and plain and each.span is not None:
                yield Problem(
                    "means-something-else",
                    f"port {port.value} speaks plain text here: only 'ssl = yes' in the inet_listener makes it TLS, not its number or name",
                    port.statement.span,
                    "plain text until STARTTLS",
                    (),
                    Rewrite(
                        (Edit(Span(port.span.file, port.statement.whole.end, port.statement.whole.end), b"    ssl = yes\n"),),
                        "add ssl = yes",
                    ),
                )


def _minimum_meant(written: Written) -> Rewrite | Advice:
    match = re.search(r"(?i)tlsv?[ _]?1[._]?([0-3])", written.value)
    if match is None:
        return Advice("write ssl_min_protocol = TLSv1.2")
    least = max(2, int(match.group(1)) if match.group(1) != "3" else 2)
    return Rewrite((Edit(written.span, f"TLSv1.{least}".encode()),), f"write TLSv1.{least}")


def _trusted(tree: Tree) -> Iterator[Problem]:
    """Networks whose clients may send passwords in the clear."""
    for _, written in _all(tree):
        if written.key != "login_trusted_networks" or not written.value or written.unknown:
            continue
        from ipaddress import ip_network  # noqa: PLC0415 (only where it is set)

        for word in written.value.replace(",", " ").split():
            try:
                network = ip_network(word.strip("[]"), strict=False)
            except ValueError:
                if re.fullmatch(r"[\d.:/a-fA-F]+", word):
                    yield Problem(
                        "refused", f"'{word}' is no network: the login process dies at the first connection", written.span, "not a network"
                    )
                continue
            if network.prefixlen == 0 or (not network.is_private and network.prefixlen < (24 if network.version == 4 else 48)):
                also = "" if tree.release.is_24 else ", even with ssl = required"
                yield Problem(
                    "trusted-network-too-wide",
                    f"clients in {word} may send passwords in the clear{also}",
                    written.span,
                    "taken for secure",
                )


def _pasted(tree: Tree) -> Iterator[Problem]:
    for _, written in _all(tree):
        found = pasted.problem(written.span) if _ANYWHERE.match(written.key) else None
        if found is not None:
            yield found
