"""The learned policy beside Rasa's TED: the same stories, the same held-out conversations, one run."""
