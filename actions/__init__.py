"""Kefu's custom actions: translate between Rasa's conversation and the shop's services."""
