"""Fine-tuning: what needs torch. Nothing that serves imports it."""
