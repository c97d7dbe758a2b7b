"""What a turn costs beside its model: predictions over a long history, and the check of an action answer."""
