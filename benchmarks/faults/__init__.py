"""Faults on purpose: what becomes of messages, conversations and money when a part breaks."""
