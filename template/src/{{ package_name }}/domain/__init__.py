"""What the service is about, in plain Python: models, use cases and the ports they need."""
