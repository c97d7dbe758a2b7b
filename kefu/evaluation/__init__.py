"""Measures everything else; nothing imports it but the command line."""
