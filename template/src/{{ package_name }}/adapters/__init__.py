"""The domain's ports, implemented on AWS services."""
