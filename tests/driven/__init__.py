"""Conversations driven through the running servers: real model, real actions, real rows."""
