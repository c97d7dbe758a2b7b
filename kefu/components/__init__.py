"""Adapters to Rasa's graph. Each translates; what it does stands in language and knowledge."""
