"""How well messages are understood: ours against stock Rasa, on the same splits, in one table."""
