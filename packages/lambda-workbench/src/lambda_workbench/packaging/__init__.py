"""What is built and uploaded, and checks of it."""
