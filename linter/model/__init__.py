"""The common model: what a configured server really does, in words every format shares.

Plain frozen data. Named tuples (`struct.Struct`) rather than dataclasses: creating a class costs little, and start-up is felt at every
commit.
"""

from tlslint.model.certificate import Certificate, CertificateFacts, Chain, KeyFile
from tlslint.model.endpoint import ANY_NAME, CipherString, Endpoint, HeaderLine, Http, Redirect, Role, TlsMode
from tlslint.model.finding import Confidence, Finding, Ignored, Label, Severity
from tlslint.model.instance import Instance, KnownBy, Problem, Software
from tlslint.model.source import Location, SourceFile, Span, locate
from tlslint.model.values import How, Known, Origin, Unknown, Value

__all__ = [
    "ANY_NAME",
    "Certificate",
    "CertificateFacts",
    "Chain",
    "CipherString",
    "Confidence",
    "Endpoint",
    "Finding",
    "HeaderLine",
    "How",
    "Http",
    "Ignored",
    "Instance",
    "KeyFile",
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
