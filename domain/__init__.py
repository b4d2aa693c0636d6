"""The trade's words and rules. Pure Python: no I/O, no Temporal, no clock of its own."""
