"""How customers reach the assistant: sessions, REST, the chat page.

``chat.ChatChannel`` is what credentials.yml names.
"""
