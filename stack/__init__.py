"""The real parts of the service on one machine: what `make run`, `make demo` and the end-to-end tests start."""

from stack.parts import StackFailed
from stack.supervisor import Stack, up

__all__ = ["Stack", "StackFailed", "up"]
