"""The servers below the paths of a command line, evaluated: for every command that shows them and judges nothing by a rule."""

from tlslint.cli.deciding import excluded
from tlslint.cli.options import Inputs
from tlslint.cli.progress import watcher
from tlslint.cli.shared import find, settings_of, target_for
from tlslint.engine.hosts import hosts
from tlslint.engine.run import evaluate
from tlslint.model import Instance
from tlslint.reports.text import listed


def evaluated(asked: Inputs) -> tuple[list[Instance], str, list[str]]:
    """The servers, what they are judged for, and a sentence for each that tlslint failed at; misuse as one sentence."""
    settings = settings_of(asked.config, isolated=asked.isolated)
    saw, done = watcher()
    instances: list[Instance] = []
    broken: list[str] = []
    spoken: dict[str, None] = {}
    for host in hosts(find(asked, excluded(settings), saw)):
        software = target_for(asked.target, settings, host.files, host.host)
        found, failed = evaluate(host, software)
        instances += found
        broken += failed
        spoken[software.spoken] = None
    done()
    return instances, listed(spoken), broken
