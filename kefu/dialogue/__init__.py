"""The learned policy: which action comes next, from how the conversation went.

torch to train (`training.py`, imported inside functions), NumPy to serve; no Rasa.
"""
