"""The desk of the letters, for every test of a channel."""

from tests.activities.test_correspondence import database_url, desk, migrated, post

__all__ = ["database_url", "desk", "migrated", "post"]
