"""Days between moments as certificates and `--now` write them (RFC 3339, UTC)."""

from datetime import datetime


def days(earlier: str, later: str) -> float:
    """How many days lie between two moments; negative when `later` is the earlier one."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds() / 86400


def ago(count: float) -> str:
    """`today`, `1 day ago`, `15 days ago`."""
    whole = int(count)
    return "today" if whole == 0 else f"{whole} day{'s' if whole != 1 else ''} ago"


def ahead(count: float) -> str:
    """`today`, `in 1 day`, `in 15 days`."""
    whole = int(count)
    return "today" if whole == 0 else f"in {whole} day{'s' if whole != 1 else ''}"
