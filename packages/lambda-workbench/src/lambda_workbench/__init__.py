"""Development tools for AWS Lambda services."""
