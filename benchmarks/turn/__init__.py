"""A whole turn side by side: stock Rasa and ours, the same domain, data and actions, on the same core."""
