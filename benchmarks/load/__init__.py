"""Many customers at once, for minutes: what is lost, how long answers take, whether memory grows."""
