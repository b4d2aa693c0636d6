"""What happens, and when. Deterministic: sees domain/ and its own abstract neighbours only."""
