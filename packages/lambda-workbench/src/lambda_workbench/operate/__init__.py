"""Stages on AWS: deployed, taken back, looked after and deleted."""
