# Managed by the template: see docs/updating.md.
"""What every function stands on: settings, logs, metrics, delivery, AWS calls."""
