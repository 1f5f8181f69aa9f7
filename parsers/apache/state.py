"""What httpd knows at one point of its reading: modules, names, its ServerRoot; and where it stops.

Source: server/core.c and server/config.c of httpd 2.4.
"""

import re

from tlslint.files import Files
from tlslint.model import Problem, Severity, Span
from tlslint.model.instance import Software
from tlslint.parsers.apache.environment import Environment
from tlslint.parsers.apache.tree import Directive, Node, Section
from tlslint.parsers.carried import file_name, readable


class Stop(Exception):  # noqa: N818 (no error of ours)
    """httpd stops reading here."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class State:
    """What is known so far of a server that reads its configuration.

    `complete` False: a fragment, whose modules and flags are not known. `is_host` False: a copy of a configuration, as repositories keep
    it. What it includes and lacks may have been left out of the copy; `knows_modules` False: so may the lines that load modules.
    """

    def __init__(
        self, files: Files, environment: Environment, software: Software, *, complete: bool, is_host: bool, knows_modules: bool
    ) -> None:
        self.files = files
        self.environment = environment
        self.version = _numbers(software.version) if software.version else None
        self.complete = complete
        self.is_host = is_host
        self.defines = dict(environment.defines)
        self.modules = set(environment.builtin)
        self.knows_all_modules = complete and knows_modules
        self.counts_on_modules = False
        """Did anything hang on a module that no line loads?"""
        self.server_root = environment.server_root
        # A copy in a repository holds what its keeper chose; on a host something is amiss.
        self.severity_outside = None if is_host else Severity.INFO
        self.problems: list[Problem] = []

    def path(self, text: str) -> str:
        """A file name as httpd takes it: relative to ServerRoot (ap_server_root_relative)."""
        path = file_name(text)
        if path[1:2] == ":" and path[2:3] in ("/", "\\"):  # a drive of Windows
            return "/" + path.replace("\\", "/")
        if not path.startswith("/"):
            path = f"{self.server_root.rstrip('/')}/{path}"
        return path

    def is_known(self, node: Node) -> bool:
        """Directives of modules act only when their module is there; else they are unknown commands, found later."""
        needs = _NEEDS.get(node.lower)
        if needs is None or needs in self.modules:
            return True
        self.counts_on_modules = True
        return not self.knows_all_modules

    def lookup(self, name: str) -> tuple[str | None, str]:
        """What `${name}` stands for, or why that is not known; neither: it stays as it is."""
        value = self.defines.get(name)
        if value is not None:
            return value, ""
        value = self.environment.variables.get(name)
        if value is not None:
            return value, ""
        if name in self.defines or (self.environment.is_whole and self.complete):
            return None, ""
        return None, f"${{{readable(name)}}} comes from an environment that is not known"

    def hole(self, node: Node, where: Section, why: str, *, modules: bool = True) -> None:
        """Something is read here that was not seen: what it sets, and (`modules`) loads, is not known."""
        if modules:
            self.knows_all_modules = False
        where.append(Directive(node.line, "include", node.args_at, node.shown_in, why))

    def refuse(self, problem: Problem, condition: str) -> None:
        """Stop where httpd stops (raises `Stop`); inside a section nobody can decide it may never come to that."""
        if condition:
            self.problems.append(problem._replace(message=f"if this section counts: {problem.message}"))
        else:
            raise Stop(problem)

    def stop(self, rule: str, message: str, span: Span, condition: str) -> None:
        """The same in words."""
        self.refuse(Problem(rule, message, span), condition)


_NEEDS = {"macro": "macro_module", "use": "macro_module", "undefmacro": "macro_module"}


def _numbers(version: str) -> tuple[int, int, int]:
    found = [int(part) for part in re.findall(r"\d+", version)[:3]]
    return (*found, 0, 0, 0)[:3]  # type: ignore[return-value]
