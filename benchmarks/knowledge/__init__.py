"""Retrieval from a thousand to a million passages: build, size, memory, time of a query, recall."""
