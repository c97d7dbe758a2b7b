"""A little shop whose money is moved in every way at once, and what must hold of it after each step."""
