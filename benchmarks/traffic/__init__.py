"""What many warm requests do to a function."""
