# Managed by the template: see docs/updating.md.
"""What all tests share: the local AWS emulator, started only when a test asks for it."""

from lambda_workbench.testing.emulator import emulator, empty_emulator

__all__ = ["emulator", "empty_emulator"]
