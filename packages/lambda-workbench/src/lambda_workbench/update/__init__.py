"""The template that a project came from: its versions, and what differs from it."""
