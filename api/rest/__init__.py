"""The doors for other systems: JSON under /api."""
