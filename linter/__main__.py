"""`python -m tlslint`."""

import sys

# -m puts the working directory first: a scanned repository with a json.py of its own would be run.
if __name__ == "__main__" and not sys.flags.safe_path:
    del sys.path[0]

from tlslint.cli.main import run

if __name__ == "__main__":
    run()
