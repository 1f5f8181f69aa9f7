"""The only door to the disk: opens what lies below the given roots and nothing else."""

from tlslint.files.door import FileProblem, Files, Status

__all__ = ["FileProblem", "Files", "Status"]
