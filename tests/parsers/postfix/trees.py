"""A Postfix for tests: two files, what they name, and what the whole command line says of them."""

from pathlib import Path
from typing import NamedTuple

from tlslint.engine.discover import discover
from tlslint.engine.run import Result, run, selection
from tlslint.model import Endpoint, Finding, Instance
from tlslint.profiles import load as load_profile
from tlslint.targets import load as load_target

from tests.support import world

HEAD = "compatibility_level = 3.6\nmyhostname = mx.example.test\n"
CERTIFICATE = "smtpd_tls_cert_file = /etc/ssl/mx.pem\nsmtpd_tls_key_file = /etc/ssl/mx.key\n"
SMTP = "smtp inet n - n - - smtpd\n"
SUBMISSION = "submission inet n - n - - smtpd\n  -o smtpd_tls_security_level=encrypt\n"
OUTGOING = "smtp unix - - n - - smtp\n"
PKI = {
    "/etc/ssl/mx.pem": {"type": "rsa", "bits": 2048, "key": "/etc/ssl/mx.key", "cn": "mx.example.test"},
    "/etc/ssl/other.pem": {"type": "rsa", "bits": 3072, "key": "/etc/ssl/other.key", "cn": "mx.example.test"},
}


class Judged(NamedTuple):
    """What was found out about a tree."""

    result: Result

    @property
    def instance(self) -> Instance:
        """The one server."""
        (only,) = self.result.instances
        return only

    def endpoint(self, name: str) -> Endpoint:
        """An endpoint by the beginning of its name."""
        return next(one for one in self.instance.endpoints if one.name.startswith(name))

    def findings(self, code: str) -> list[Finding]:
        """All of one rule."""
        return [finding for finding in self.result.findings if finding.code == code]

    def says(self, code: str) -> str:
        """The message of the only finding of one rule."""
        (only,) = self.findings(code)
        return only.message

    def label(self, code: str) -> str:
        """What stands under the caret of it."""
        (only,) = self.findings(code)
        return only.primary.text


def judged(
    root: Path,
    main: str,
    master: str = SMTP,
    *,
    target: str = "debian-12",
    certificate: str = CERTIFICATE,
    head: str = HEAD,
    files: dict[str, str] | None = None,
) -> Judged:
    """Lay a tree below `root` and let every rule look at it."""
    texts = {"/etc/postfix/main.cf": head + certificate + main, "/etc/postfix/master.cf": master + OUTGOING, **(files or {})}
    world.lay({"files": texts, "certificates": PKI, "directories": ["/var/spool/postfix"]}, root)
    for key in ("mx.key", "other.key"):
        (root / "etc/ssl" / key).chmod(0o600)
    found = discover([str(root / "etc")], root=str(root))
    return Judged(run(found, load_target(target), selection([], []), [load_profile("mozilla-intermediate")]))
