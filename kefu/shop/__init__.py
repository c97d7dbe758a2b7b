"""What the business does, in plain Python: no Rasa, no SQL, no wall clock (``now`` is a parameter)."""
