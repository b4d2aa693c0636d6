"""Every word that reaches a person by letter."""
