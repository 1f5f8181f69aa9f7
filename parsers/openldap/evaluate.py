"""OpenLDAP's files as endpoints: slapd's listeners and outgoing connections, and what its clients ask for."""

from collections.abc import Sequence

from tlslint.files import Files
from tlslint.model import Instance
from tlslint.parsers.openldap import layout
from tlslint.targets import Target


def instances(root: str, files: Files, target: Target, *, complete: bool) -> Sequence[Instance]:
    """The server or client that `root` configures. Never raises for any content."""
    if layout.is_client(root):
        from importlib import import_module  # noqa: PLC0415 (only where a client's file was met)

        try:
            client = import_module("tlslint.parsers.openldap.client")
        except ModuleNotFoundError as error:
            if error.name != "tlslint.parsers.openldap.client":
                raise
            return ()  # clients' files are not judged yet
        clients: Sequence[Instance] = client.instances(root, files, target, complete=complete)
        return clients
    from tlslint.parsers.openldap import server  # noqa: PLC0415 (likewise)

    return server.instances(root, files, target, complete=complete)
