"""Outgoing mail: demands that cannot be met, policies that are never looked up."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tlslint.model import Known, Label, Problem, Span, TlsMode
from tlslint.model.remedy import SetValue
from tlslint.parsers.carried import readable
from tlslint.parsers.postfix import client as clients
from tlslint.parsers.postfix.effective import is_yes
from tlslint.parsers.postfix.telling import blamed

if TYPE_CHECKING:
    from tlslint.parsers.postfix.evaluate import Evaluated, Transport


def outgoing(evaluated: "Evaluated") -> Iterator[Problem]:
    """Levels that cannot work, or that ask too much of everybody."""
    said: set[Span] = set()
    for item in evaluated.transports:
        parameters, daemon = item.parameters, item.service.daemon
        level = parameters.get(f"{daemon}_tls_security_level")
        if level.setting is not None and level.text.lower() in ("dane", "dane-only") and level.setting.span not in said:
            trouble = clients.dane_trouble(parameters, daemon)
            if trouble is not None:
                said.add(level.setting.span)
                outcome = "every message waits in the queue" if level.text.lower() == "dane-only" else "it means no more than may"
                at = tuple(Label(origin.span, "") for origin in trouble[1] if origin.span is not None)
                yield Problem(
                    "verification-impossible",
                    f"{level.name} = {level.text.lower()} cannot work because {trouble[0]}: {outcome}",
                    level.setting.span,
                    "set smtp_dns_support_level = dnssec, with a resolver on this host that validates",
                    at,
                    endpoints=(item.endpoint.name,),
                )
        anchor = blamed(item.client.failure_origins, item)
        if item.client.rule == "verification-impossible" and anchor not in said:
            said.add(anchor)
            yield Problem("verification-impossible", readable(item.client.failure), anchor, "", endpoints=(item.endpoint.name,))
        yield from _relayhost(item, said)
        yield from _demanding(item)


def _demanding(item: "Transport") -> Iterator[Problem]:
    """The transport for everybody, at a level that not everybody can meet."""
    level, relay = item.client.level, item.parameters.get("relayhost")
    if item.policy is not None or item.service.name != "smtp" or relay.text or relay.unknown or item.client.failure:
        return
    if level in ("encrypt", "fingerprint", "dane-only", "verify", "secure") and isinstance(item.client.mode, Known):
        span = blamed(item.client.mode.origins, item)
        asked = "TLS" if level == "encrypt" else "TLS and a certificate that can be verified"
        yield Problem(
            "client-demands-tls-everywhere",
            f"{item.endpoint.name} demands {asked} of every server there is: mail to others waits until it is sent back",
            span,
            "may or dane for everybody; partners by smtp_tls_policy_maps",
            endpoints=(item.endpoint.name,),
            remedy=SetValue("tls", TlsMode.STARTTLS, "use TLS where the other side offers it"),
        )


def _relayhost(item: "Transport", said: set[Span]) -> Iterator[Problem]:
    if item.policy is not None or item.service.daemon != "smtp":
        return
    relay, wrapper = item.parameters.get("relayhost"), item.parameters.get("smtp_tls_wrappermode")
    if relay.setting is None or relay.setting.span in said or wrapper.unknown or item.service.name != "smtp":
        return
    port = relay.text.rpartition(":")[2]
    if port in ("465", "smtps", "submissions") and not is_yes(wrapper):
        said.add(relay.setting.span)
        yield Problem(
            "port-speaks-other-mode",
            f"port {port} of the relay speaks TLS from the first byte, and smtp_tls_wrappermode is not set: every delivery hangs",
            relay.setting.value_span,
            "needs smtp_tls_wrappermode = yes and smtp_tls_security_level = encrypt",
            endpoints=(item.endpoint.name,),
        )


def policies(evaluated: "Evaluated") -> Iterator[Problem]:
    """Lines of policy tables that are refused or never found."""
    hops = [evaluated.globals.text("relayhost").lower()]
    for table in evaluated.tables.values():
        for policy in table.policies:
            if policy.error:
                yield Problem(
                    "refused",
                    f"the TLS policy for {readable(policy.key)} is invalid, so mail to it waits in the queue: {policy.error}",
                    policy.error_span or policy.span,
                    "",
                )
        keys = {policy.key: policy for policy in table.policies}
        for hop in hops:
            host = re.sub(r"[\[\]]|:\w+\Z", "", hop)
            near = keys.get(host) or keys.get(f"[{host}]")
            if hop and hop != host and hop not in keys and near is not None:
                yield Problem(
                    "setting-ignored-here",
                    f"this policy never applies to relayhost = {readable(hop)}: the key must be written exactly like it, {readable(hop)}",
                    near.span,
                    "never looked up",
                )
