"""The servers below the paths of a command line, evaluated: for every command that shows them and judges nothing by a rule."""

from tlslint.cli.deciding import excluded
from tlslint.cli.options import Inputs
from tlslint.cli.progress import watcher
from tlslint.cli.shared import find, settings_of, target_for
from tlslint.engine.run import evaluate
from tlslint.model import Instance
from tlslint.targets import Target


def evaluated(asked: Inputs) -> tuple[list[Instance], Target, list[str]]:
    """The servers, the software they are judged for, and a sentence for each that tlslint failed at; misuse as one sentence."""
    settings = settings_of(asked.config, isolated=asked.isolated)
    saw, done = watcher()
    found = find(asked, excluded(settings), saw)
    software = target_for(asked.target, settings, found.files)
    instances, broken = evaluate(found, software)
    done()
    return instances, software, broken
