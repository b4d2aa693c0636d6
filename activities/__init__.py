"""What touches the world. Each class subclasses a neighbour of the journey; what it needs comes in by __init__."""
