"""Retrieval side by side: the assistant's own against simpler ones, on own passages and on stand-ins."""
