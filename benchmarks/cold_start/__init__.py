"""What a cold start costs, beside an empty handler and other ways to write the same."""
