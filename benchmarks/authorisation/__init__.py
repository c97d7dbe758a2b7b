"""Who may see an order, by every way into the assistant: each cell of the table tried on real servers."""
