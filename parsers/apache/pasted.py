"""Words that httpd refuses for characters of web pages and word processors, which are ordinary letters to it (seen on 2.4.71)."""

from tlslint.model import Problem
from tlslint.model.remedy import Edit, Rewrite
from tlslint.parsers.pasted import pasted


def explained(problem: Problem) -> Problem:
    """A refusal of words that hold such characters, told as what it is, with the plain ones as remedy; any other problem as it was."""
    found = pasted(problem.span) if problem.rule in ("refused", "pasted-characters") else None
    if found is None:
        return problem
    return problem._replace(
        rule="pasted-characters",
        message=f"{problem.message}; {found.character} was pasted in here, an ordinary letter to httpd",
        label="pasted characters",
        remedy=Rewrite((Edit(problem.span, found.plain.encode()),), f"write {found.plain}"),
    )
