"""Kefu: customer service that understands, acts and can be trusted."""
