"""The pages behind a personal link: one person, one purpose, no account."""
