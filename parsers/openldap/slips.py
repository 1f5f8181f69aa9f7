"""What slapd takes and what it does not mean."""

from tlslint.model import Problem
from tlslint.parsers.openldap.listeners import Start
from tlslint.parsers.openldap.tls import Judge


def look(judge: Judge, start: Start) -> list[Problem]:
    """Everything worth saying."""
    del judge, start
    return []
