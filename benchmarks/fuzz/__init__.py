"""What nobody would write: generated requests against the interface's document, generated messages."""
