"""Tracker stores side by side: ours and Rasa's SQLTrackerStore, the same conversation on SQLite."""
