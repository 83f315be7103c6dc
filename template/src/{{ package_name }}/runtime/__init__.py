"""What every function stands on: settings, logs, metrics, delivery, AWS calls."""
