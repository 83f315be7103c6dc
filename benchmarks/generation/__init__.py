"""What generating and updating a project takes."""
