"""What was read of a configuration: filters full of settings, files, what the daemon refuses, what was not seen."""

from tlslint.model import How, Known, Label, Origin, Problem, SourceFile, Span, Unknown, Value
from tlslint.model.remedy import Rewrite
from tlslint.parsers.dovecot import settings
from tlslint.parsers.dovecot.filters import Connection, Filter, Found, Written, find
from tlslint.parsers.dovecot.settings import Release


class Tree:
    """What was read: filters (the root first), files, problems, and why the daemon would not start (the first fatal one)."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.root = Filter(None, 0, None)
        self.filters: list[Filter] = [self.root]
        self.files: list[SourceFile] = []
        self.problems: list[Problem] = []
        self.fatal: Problem | None = None
        self.unseen: list[tuple[str, Span]] = []
        """Includes whose files this tree does not show."""
        self.hides_protocols = False
        """Debian's packages each switch on their own protocol in /usr/share/dovecot/protocols.d, and nothing else; not shown here."""
        self.is_fragment = False
        self.config_version: Written | None = None
        self.ports: list[tuple[str, str, str, Written]] = []
        """Listener settings that other settings make (`protocols = imaps`): service, listener, key, by what."""

    def find(self, key: str, connection: Connection) -> Found:
        """What decides a setting for a connection."""
        return find(key, connection, self.filters, by_order=self.release.is_24)

    def refuse(
        self,
        message: str,
        span: Span,
        label: str = "",
        *,
        rule: str = "refused",
        related: tuple[Label, ...] = (),
        remedy: Rewrite | None = None,
        about: str = "",
    ) -> None:
        """The daemon would not start: note it."""
        problem = Problem(rule, message, span, label, related, remedy, about=about)
        self.problems.append(problem)
        if self.fatal is None or self.fatal.span.file is not span.file:
            self.fatal = self.fatal or problem

    @property
    def everything_seen(self) -> bool:
        """Was all read that could hold settings? If not, what is not written is not known either."""
        return not self.unseen and not self.is_fragment


def known_value(key: str, found: Found, tree: Tree) -> Value[str | None]:
    """A setting's text; None where the release does not have it; Unknown where it is not written and not all was seen."""
    if found.written is not None:
        origins = (Origin(How.WRITTEN, found.written.span), *(Origin(How.OVERRIDDEN, each.span) for each in found.overridden[:3]))
        if found.written.unknown:
            return Unknown(found.written.unknown, origins)
        return Known(found.written.value, origins)
    if not tree.everything_seen:
        where = f"{tree.unseen[0][0]} was not seen" if tree.unseen else "only a part of the configuration was seen"
        return Unknown(where)
    return Known(settings.default(key, tree.release), (Origin(How.DEFAULT, None, f"default of Dovecot {tree.release.text}"),))
