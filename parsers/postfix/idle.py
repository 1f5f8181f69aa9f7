"""Settings that decide nothing: at this level, in this daemon, beside a newer one."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tlslint.model import Known, Label, Problem, Severity, Span, TlsMode
from tlslint.model.remedy import Edit, Rewrite
from tlslint.model.versions import joined
from tlslint.parsers.postfix import defaults
from tlslint.parsers.postfix import server as servers
from tlslint.parsers.postfix.effective import Parameters, Resolved, is_yes
from tlslint.parsers.postfix.services import DAEMONS, Service
from tlslint.parsers.postfix.telling import at_least, facts, is_tls, left_out, referred, refers, who, written

if TYPE_CHECKING:
    from tlslint.parsers.postfix.evaluate import Evaluated, Listener


def without_effect(evaluated: "Evaluated") -> Iterator[Problem]:
    """What nobody reads in this release, this daemon, or at this level."""
    release = evaluated.release
    seen: set[Span] = set()
    for setting in written(evaluated):
        fact = facts()["without_effect"].get(setting.name)
        if setting.name in facts()["deprecated"] and at_least(release, facts()["deprecated"][setting.name]["since"]):
            continue  # told as deprecated
        if fact and setting.value and at_least(release, fact["since"]) and setting.span not in seen:
            seen.add(setting.span)
            yield Problem(
                "setting-ignored-here",
                f"{setting.name} decides nothing since Postfix {fact['since']}: {fact['why']}",
                setting.span,
                "",
                remedy=left_out(setting),
            )
    yield from _wrong_daemon(evaluated)
    if evaluated.main is not None and evaluated.main.fatal is None:
        yield from _at_this_level(evaluated)
        yield from _shadowed(evaluated)


def _wrong_daemon(evaluated: "Evaluated") -> Iterator[Problem]:
    """`-o` settings that the daemon of their service never reads."""
    for service in evaluated.services.running:
        if service.daemon not in DAEMONS:
            continue
        order = defaults.load_order(service.daemon)
        referred = {name for setting in (*service.overrides, *evaluated.settings.values()) for name in refers(setting)}
        for setting in service.overrides:
            name = setting.name
            prefix = name.partition("_")[0]
            if name in order or name in referred or not evaluated.release.knows(name):
                continue
            if prefix not in ("smtp", "lmtp", "smtpd", "tlsproxy", "postscreen", "tls"):
                continue
            other = {"smtp": "smtpd", "smtpd": "smtp", "lmtp": "smtp"}.get(prefix, "")
            twin = f"{service.daemon}{name[len(prefix) :]}"
            meant = twin if twin in order and other else ""
            yield Problem(
                "setting-ignored-here",
                f"{service.daemon} never reads {name}: this option of {service.title} does nothing",
                setting.span,
                f"did you mean {meant}?" if meant else "not read here",
                endpoints=(service.title,),
                remedy=Rewrite((Edit(setting.name_span, meant.encode()),), f"write {meant}", "the value begins to count")
                if meant
                else None,
            )


_BY_LEVEL = ("protocols", "ciphers", "exclude_ciphers")


def _at_this_level(evaluated: "Evaluated") -> Iterator[Problem]:
    """mandatory_… where TLS is not demanded anywhere, and the reverse; lists of grades that nobody uses."""
    for prefix, daemon in (("smtpd", "smtpd"), ("smtp", "smtp"), ("lmtp", "lmtp"), ("tlsproxy", "tlsproxy")):
        users = _users(evaluated, daemon)
        if not users or any(state is None for _, _, state in users):
            continue
        for kind in _BY_LEVEL:
            for name, counts in ((f"{prefix}_tls_{kind}", "may"), (f"{prefix}_tls_mandatory_{kind}", "encrypt")):
                if kind == "exclude_ciphers" and counts == "may":
                    continue  # smtpd_tls_exclude_ciphers counts at every level
                yield from _unused_at_level(evaluated, name, counts, users)
    yield from _unused_lists(evaluated)
    yield from _request_without_demand(evaluated)


def _users(evaluated: "Evaluated", daemon: str) -> list[tuple[Service, Parameters, set[str] | None]]:
    """Services of a daemon, each with the levels at which its connections run (`may`, `encrypt`); None: cannot be told."""
    if daemon in ("smtpd", "tlsproxy"):
        own = [item for item in evaluated.listeners if (item.service.daemon == "smtpd") == (daemon == "smtpd")]
        return [(item.service, item.parameters, _server_levels(item, daemon)) for item in own]
    by_service: dict[tuple[str, str], tuple[Service, Parameters, set[str] | None]] = {}
    for item in evaluated.transports:
        if item.service.daemon != daemon:
            continue
        row = by_service.setdefault(item.service.key, (item.service, item.parameters, set()))
        table = evaluated.tables.get(item.parameters.text(f"{daemon}_tls_policy_maps"))
        levels = row[2]
        if levels is None or not item.client.mode.is_known or (table is not None and table.unknown):
            by_service[item.service.key] = (row[0], row[1], None)
        elif item.client.level != "none":
            levels.add("may" if item.client.level == "may" else "encrypt")
            if _base_is_dane(item.parameters, daemon):
                levels |= {"may", "encrypt"}
    return list(by_service.values())


def _base_is_dane(parameters: Parameters, daemon: str) -> bool:
    return parameters.text(f"{daemon}_tls_security_level").lower().startswith("dane")


def _server_levels(item: "Listener", daemon: str) -> set[str] | None:
    if daemon == "tlsproxy":
        return None
    if not isinstance(item.server.mode, Known):
        return None
    if item.server.mode.value is TlsMode.NONE:
        return set()
    return {"encrypt"} if item.server.is_enforced else {"may"}


def _unused_at_level(
    evaluated: "Evaluated", name: str, counts: str, users: list[tuple[Service, Parameters, set[str] | None]]
) -> Iterator[Problem]:
    if not evaluated.entries:
        return  # which levels there are says master.cf, which was not read
    setting = evaluated.settings.get(name)
    twin = name.replace("_mandatory_", "_") if counts == "encrypt" else name.replace("_tls_", "_tls_mandatory_")
    on = [row for row in users if row[2]]
    if setting is not None and on and not any(counts in (levels or ()) for _, _, levels in users) and not referred(evaluated, name):
        titles = [service.title for service, _, _ in on]
        level = "may" if counts == "encrypt" else "encrypt"
        demanded = "TLS is not demanded" if counts == "encrypt" else "TLS is demanded everywhere"
        rest = f": at level {level} {twin} counts"
        if not evaluated.release.knows(twin):
            rest = ""
        other = evaluated.settings.get(twin)
        label = (Label(other.span, "counts"),) if other else ()
        yield Problem(
            "setting-ignored-here",
            f"{name} decides nothing, because {demanded} by {who(titles)}{rest}",
            setting.span,
            "does not count",
            label,
            endpoints=tuple(titles),
            # what counts says the same: both were written so that the level may change
            severity=Severity.INFO if all(parameters.text(twin) == parameters.text(name) for _, parameters, _ in on) else None,
        )
    for service, parameters, levels in users:
        own = parameters.overrides.get(name)
        if (
            own is not None
            and levels is not None
            and counts not in levels
            and name not in {r for s in service.overrides for r in refers(s)}
        ):
            state = "TLS is off there" if not levels else "TLS is not demanded there" if counts == "encrypt" else "TLS is demanded there"
            also = f"; {twin} counts" if levels and evaluated.release.knows(twin) else ""
            yield Problem(
                "setting-ignored-here",
                f"{name} decides nothing for {service.title}, because {state}{also}",
                own.span,
                "does not count",
                endpoints=(service.title,),
            )


_GRADES = {"high": "tls_high_cipherlist", "medium": "tls_medium_cipherlist", "low": "tls_low_cipherlist", "export": "tls_export_cipherlist",
           "null": "tls_null_cipherlist"}  # fmt: skip


def _unused_lists(evaluated: "Evaluated") -> Iterator[Problem]:
    """tls_high_cipherlist and its kin, where no service uses that grade."""
    used: set[str] = set()
    for item in evaluated.items:
        for kind in ("ciphers", "mandatory_ciphers"):
            prefix = "tlsproxy" if item.service.daemon == "postscreen" else item.service.daemon
            value = item.parameters.get(f"{prefix}_tls_{kind}")
            if value.unknown:
                return
            used.add(value.text.lower())
    for table in evaluated.tables.values():
        if table.unknown:
            return
        used |= {policy.attributes["ciphers"].lower() for policy in table.policies if "ciphers" in policy.attributes}
    if any(service.daemon in ("tlsproxy", "postscreen") for service in evaluated.services.running) or not evaluated.listeners:
        return
    for grade, name in _GRADES.items():
        setting = evaluated.settings.get(name)
        if setting is not None and grade not in used and not referred(evaluated, name) and name not in facts()["without_effect"]:
            words = joined(sorted(used))
            yield Problem(
                "setting-ignored-here",
                f"{name} decides nothing: no listener and no transport uses the grade {grade}, only {words}",
                setting.span,
                "does not count",
            )


def _request_without_demand(evaluated: "Evaluated") -> Iterator[Problem]:
    said: set[Span] = set()
    for item in evaluated.listeners:
        if item.service.daemon != "smtpd" or not isinstance(item.server.mode, Known):
            continue
        value = item.parameters.get("smtpd_tls_req_ccert")
        if value.setting is not None and is_yes(value) and item.server.mode.value is TlsMode.STARTTLS and value.setting.span not in said:
            said.add(value.setting.span)
            yield Problem(
                "client-certificate-not-enforced",
                f"smtpd_tls_req_ccert does nothing for {item.service.title}: a client certificate can be demanded only where TLS is",
                value.setting.span,
                "no certificate is asked for",
                endpoints=(item.service.title,),
            )
        state = servers.enforcement(item.parameters, "smtpd")
        level = item.parameters.get("smtpd_tls_security_level")
        if state.downgraded and level.setting is not None and level.setting.span not in said:
            said.add(level.setting.span)
            yield Problem(
                "means-something-else",
                f"smtpd has no level {state.downgraded} and takes it for encrypt: client certificates are not checked",
                level.setting.value_span,
                "means encrypt",
                endpoints=(item.service.title,),
            )
        if state.wrapper and level.setting is not None and level.text.lower() == "none" and level.setting.span not in said:
            said.add(level.setting.span)
            yield Problem(
                "setting-ignored-here",
                f"smtpd_tls_wrappermode makes TLS mandatory for {item.service.title}, so the level none does not count",
                level.setting.span,
                "does not count",
                endpoints=(item.service.title,),
            )


def _shadowed(evaluated: "Evaluated") -> Iterator[Problem]:
    """Older settings that a newer one makes void, everywhere they could count."""
    users: dict[Span, list[tuple[Resolved, Resolved, str]]] = {}
    for item in evaluated.items:
        prefix = item.service.daemon
        for old, new in _SHADOWS:
            value, by = item.parameters.get(f"{prefix}_{old}"), item.parameters.get(f"{prefix}_{new}")
            if value.setting is not None and value.text and not by.unknown:
                users.setdefault(value.setting.span, []).append((value, by, item.service.title))
    for rows in users.values():
        value, by, _ = rows[0]
        if value.setting is None or by.setting is None or any(other.setting is None or not other.text for _, other, _ in rows):
            continue
        if defaults.kind(value.name).type == "bool" and not is_yes(value):
            continue
        if value.name in facts()["deprecated"] and at_least(evaluated.release, facts()["deprecated"][value.name]["since"]):
            continue  # told as deprecated
        yield Problem(
            "setting-ignored-here",
            f"{value.name} does not count beside {by.name}",
            value.setting.span,
            "does not count",
            (Label(by.setting.span, "counts"),),
            left_out(value.setting),
            tuple(dict.fromkeys(title for _, _, title in rows)),
            severity=Severity.INFO if defaults.kind(value.name).type == "bool" else None,  # a leftover, meant the same way
        )


_SHADOWS = (
    ("use_tls", "tls_security_level"),
    ("enforce_tls", "tls_security_level"),
    ("tls_enforce_peername", "tls_security_level"),
    ("tls_cert_file", "tls_chain_files"),
    ("tls_eccert_file", "tls_chain_files"),
    ("tls_dcert_file", "tls_chain_files"),
    ("tls_per_site", "tls_policy_maps"),
)


def overridden(evaluated: "Evaluated") -> Iterator[Problem]:
    """Values of main.cf that every service of their daemon overrides."""
    for daemon in ("smtpd", "smtp", "lmtp"):
        services = [service for service in evaluated.services.running if service.daemon == daemon]
        if not services or not evaluated.main:
            continue
        for name in sorted(set.intersection(*({setting.name for setting in service.overrides} for service in services))):
            setting = evaluated.settings.get(name)
            if setting is None or not is_tls(name) or not name.startswith(f"{daemon}_") or referred(evaluated, name):
                continue
            overrides = [next(item for item in reversed(service.overrides) if item.name == name) for service in services]
            if any(item.value != setting.value for item in overrides):
                yield Problem(
                    "setting-overridden",
                    f"{name} of main.cf counts nowhere: {_every(services)} with -o in master.cf",
                    setting.span,
                    "counts nowhere",
                    tuple(Label(item.span, "overrides it") for item in overrides[:3]),
                )


def _every(services: list[Service]) -> str:
    return f"{services[0].title} overrides it" if len(services) == 1 else f"all {len(services)} services override it"
