"""The value of a parameter as one daemon of one service gets it.

A daemon's dictionary holds main.cf, the `-o` settings of its service, and the defaults of the parameters it has loaded already; values
are expanded when they are looked up (src/global/mail_conf.c, mail_conf_str.c). So `$x` with x set nowhere is empty when the daemon
loads x later, or never: this is where the daemons and postconf(1) part. Seen on 3.7.11.
"""

import re
from collections.abc import Mapping

from tlslint.model import How, Origin
from tlslint.model.struct import Struct
from tlslint.parsers.carried import readable
from tlslint.parsers.postfix import defaults, expansion
from tlslint.parsers.postfix.defaults import Release
from tlslint.parsers.postfix.syntax import Setting, looks_like_template

_WHITE = " \t\n\v\f\r"


class Resolved(Struct):
    """An expanded value. `setting`: the line or `-o` that gives it, None for a default. `error`: why no Postfix program can expand it.

    `unknown`: why it cannot be told, "" where it is known. `empty_reference`: names asked for that are set nowhere and not loaded yet.
    """

    name: str
    text: str
    setting: Setting | None
    origins: tuple[Origin, ...]
    error: str = ""
    unknown: str = ""
    empty_references: tuple[str, ...] = ()

    @property
    def is_set(self) -> bool:
        """Does a line say so?"""
        return self.setting is not None


class _CannotTellError(Exception):
    """A reference whose value no file tells."""


class Parameters:
    """All parameters of one service."""

    def __init__(
        self,
        release: Release,
        main: Mapping[str, Setting] | None,
        overrides: Mapping[str, Setting],
        daemon: str,
        *,
        pseudo: Mapping[str, str],
        main_unseen: str = "",
        omitted_unknown: str = "",
    ) -> None:
        """`daemon`: smtpd, smtp, lmtp, postscreen or tlsproxy; another name: no order is known and every default counts as loaded.

        `pseudo`: service_name and its like. `main_unseen`: why main.cf could not be read; `omitted_unknown`: why what main.cf does not
        say cannot be told either (its master.cf was not seen).
        """
        self.release = release
        self.main = main or {}
        self.overrides = overrides
        self.pseudo = pseudo
        self.daemon = daemon
        self._order = defaults.load_order(daemon) if daemon in _ORDERED else None
        self._unseen = main_unseen
        self._omitted = omitted_unknown
        self._values: dict[str, Resolved] = {}

    def reads(self, name: str) -> bool:
        """Does this daemon ever look at the parameter?"""
        return self._order is None or name in self._order

    def setting(self, name: str) -> Setting | None:
        """The line or option that counts for `name`."""
        return self.overrides.get(name) or self.main.get(name)

    def common_text(self, setting: Setting) -> str:
        """The expanded text of a line of main.cf, as far as it can be told."""
        return self.get(setting.name).text or setting.value

    def get(self, name: str) -> Resolved:
        """The value of `name`; "" for a parameter this release does not have."""
        value = self._values.get(name)
        if value is None:
            value = self._values[name] = self._resolve(name)
        return value

    def in_main(self, name: str) -> Resolved:
        """The value of `name` without the options of this service: what other daemons read."""
        if name not in self.overrides:
            return self.get(name)
        return Parameters(
            self.release, self.main, {}, self.daemon, pseudo=self.pseudo, main_unseen=self._unseen, omitted_unknown=self._omitted
        ).get(name)

    def text(self, name: str) -> str:
        """The expanded text alone."""
        return self.get(name).text

    def _resolve(self, name: str) -> Resolved:
        setting = self.setting(name)
        position = self._order.get(name, len(self._order)) if self._order is not None else None
        missing: list[str] = []
        if setting is not None:
            raw: str | None = setting.value
            origins = self._origins(name, setting)
        else:
            raw = self._default(name)
            note = f"default of Postfix {self.release.version}: {name} = {raw}".rstrip()
            origins = (Origin(How.DEFAULT, None, note),)
            if self._unseen or (self._omitted and name not in _EXCEPTIONAL):
                return Resolved(name, "", None, origins, unknown=self._unseen or self._omitted)
            if raw is None and self.release.knows(name):
                return Resolved(name, "", None, origins, unknown=f"the default of {name} depends on the build or the host")
        if defaults.kind(name).type == "raw":  # expanded by the daemon when it uses it, with names of its own
            return Resolved(name, raw or "", setting, origins)
        try:
            text = expansion.expand(raw or "", lambda other: self._lookup(other, position, missing), levels=self.release >= (3, 6))
        except expansion.ExpansionError as error:
            return Resolved(name, "", setting, origins, error=str(error))
        except _CannotTellError as error:
            return Resolved(name, "", setting, origins, unknown=str(error))
        text = text.strip(_WHITE)
        unknown = ""
        if setting is not None and looks_like_template(setting.value) and "${{" not in setting.value:
            unknown = "the value holds a placeholder of a template"
        if setting is not None and "$" in setting.value:
            origins += self._borrowed(setting.value)
        return Resolved(name, text, setting, origins, unknown=unknown, empty_references=tuple(missing))

    def _origins(self, name: str, setting: Setting) -> tuple[Origin, ...]:
        hidden = self.main.get(name) if setting is self.overrides.get(name) else None
        # In main.cf the value is what matters; a -o option of master.cf is read as one word.
        in_main = setting is self.main.get(name)
        own = Origin(How.WRITTEN, setting.value_span if in_main and setting.value else setting.span)
        if hidden is None:
            return (own,)
        return (own, Origin(How.OVERRIDDEN, hidden.span, "overridden by -o in master.cf"))

    def _borrowed(self, text: str) -> tuple[Origin, ...]:
        found = []
        for other in sorted(expansion.references(text)):
            setting = self.setting(other)
            if setting is not None:
                found.append(Origin(How.INHERITED, setting.span, f"value of ${other}"))
        return tuple(found)

    def _lookup(self, name: str, position: int | None, missing: list[str]) -> str | None:
        name = name.strip()
        if name in self.pseudo:
            return self.pseudo[name]
        setting = self.setting(name)
        if setting is not None:
            if looks_like_template(setting.value) and "${{" not in setting.value:
                raise _CannotTellError(f"${name} holds a placeholder of a template")
            return setting.value
        if self._unseen:
            raise _CannotTellError(f"it refers to ${name}, and {self._unseen}")
        default = self._default(name)
        if default is None:
            if self.release.knows(name):
                if self._is_loaded(name, position):
                    raise _CannotTellError(f"it refers to ${name}, whose default depends on the build or the host")
                missing.append(name)
            return None
        if not self._is_loaded(name, position):
            missing.append(name)
            return None
        return default

    def _default(self, name: str) -> str | None:
        """The built-in text, or what it is worked out from: mydomain is myhostname less its first label (check_mydomainname())."""
        if name != "mydomain":
            return self.release.default(name)
        host = self.get("myhostname")
        if host.unknown or host.error:
            return None
        return host.text.partition(".")[2] or self.release.default(name)

    def _is_loaded(self, name: str, position: int | None) -> bool:
        if self._order is None or position is None:
            return True
        return self._order.get(name, len(self._order)) < position


_EXCEPTIONAL = frozenset(
    [
        *("smtpd_tls_wrappermode", "smtpd_tls_ask_ccert", "smtpd_tls_req_ccert", "smtpd_tls_CAfile", "smtpd_tls_CApath"),
        *(f"{daemon}_tls_{which}exclude_ciphers" for daemon in ("smtpd", "smtp", "lmtp") for which in ("", "mandatory_")),
        *("smtpd_discard_ehlo_keywords", "smtpd_discard_ehlo_keyword_address_maps"),
        *("smtpd_sasl_security_options", "smtpd_sasl_tls_security_options"),
        *("smtp_tls_wrappermode", "lmtp_tls_wrappermode"),
    ]
)
"""What only single services have, if any: where a main.cf without its master.cf does not say so, it is not so for those that master.cf
leaves to main.cf."""

_ORDERED = ("smtpd", "smtp", "lmtp", "postscreen", "tlsproxy")


def is_yes(value: Resolved) -> bool | None:
    """A boolean; None where the text is neither yes nor no (fatal) or not known."""
    if value.unknown or value.error:
        return None
    return {"yes": True, "no": False, "": None}.get(value.text.lower())


_TIME = r"[ \t]*[+-]?\d+[smhdwSMHDW]?"


def fault(value: Resolved, release: Release) -> str:
    """Why the daemon that loads this parameter stops, "" where it does not (src/global/mail_conf_bool.c, _int.c, _str.c, _time.c).

    Completes "smtpd stops at its first connection: …".
    """
    why = _fault(value, release)
    if why and not value.text and not value.error and value.setting is not None and "$" in value.setting.value:
        return f"{why}; {readable(value.setting.value)!r} expands to nothing"
    return why


def _fault(value: Resolved, release: Release) -> str:
    if value.error:
        return (
            f"the value {value.error}"
            if value.error.startswith(("refers", "expands", "asks"))
            else f"the value cannot be expanded: {value.error}"
        )
    if value.unknown or value.setting is None:
        return ""
    kind = defaults.kind(value.name)
    text = value.text
    if kind.type in ("bool", "nbool"):
        return "" if text.lower() in ("yes", "no") else f"{text!r} is neither yes nor no (bad boolean configuration)"
    if kind.type in ("int", "nint", "long"):
        found = re.fullmatch(r"([+-]?[0-9]{1,12})[0-9]*(%?)", text)
        if found is None or (found[2] and kind.type != "nint"):
            return f"{text!r} is not a number (bad numerical configuration)"
        number = int(found[1])
        if kind.low and number < kind.low:
            return f"{number} is less than {kind.low} (parameter out of range)"
        if kind.high and number > kind.high:
            return f"{number} is more than {kind.high} (parameter out of range)"
        return ""
    if kind.type == "time":
        return "" if re.fullmatch(_TIME, text) else f"{text!r} is not a time such as 30s (bad time unit)"
    if kind.low and len(text) < kind.low and not defaults.may_be_empty(value.name, release):
        return f"an empty value is refused (bad string length 0 < {kind.low})"
    return ""
