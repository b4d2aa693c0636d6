"""The doors in HTTP."""
