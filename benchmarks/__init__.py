"""Side-by-side measurements against stock Rasa and published results."""
