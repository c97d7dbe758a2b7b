"""Answers kept as passages: read, checked, filled from the policy in force, and found again."""
