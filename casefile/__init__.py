"""What is remembered: tables, every query, migrations."""
