"""The client of Confab: one method for each operation of its API, and typed problems."""

from confab.failures import ConfabError, Problem, Unreachable, etag_of
from confab.generated import objects, problems
from confab.generated.operations import AsyncConfab, Confab

__all__ = ["AsyncConfab", "Confab", "ConfabError", "Problem", "Unreachable", "etag_of", "objects", "problems"]
