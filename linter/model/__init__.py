"""The common model: what a configured server really does, in words every format shares.

Plain frozen data. Named tuples rather than dataclasses: creating a class costs a tenth, and start-up is felt at every commit.
"""

from tlslint.model.endpoint import Certificate, CipherString, Endpoint, HeaderText, Http, Redirect, Role, TlsMode
from tlslint.model.finding import Confidence, Finding, Label, Severity
from tlslint.model.instance import Instance, KnownBy, Problem, Software
from tlslint.model.source import Location, SourceFile, Span, locate
from tlslint.model.values import How, Known, Origin, Unknown, Value

__all__ = [
    "Certificate",
    "CipherString",
    "Confidence",
    "Endpoint",
    "Finding",
    "HeaderText",
    "How",
    "Http",
    "Instance",
    "Known",
    "KnownBy",
    "Label",
    "Location",
    "Origin",
    "Problem",
    "Redirect",
    "Role",
    "Severity",
    "Software",
    "SourceFile",
    "Span",
    "TlsMode",
    "Unknown",
    "Value",
    "locate",
]
