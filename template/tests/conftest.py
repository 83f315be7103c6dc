# Managed by the template: see docs/updating.md.
"""What all tests share: the local AWS emulator, started only when a test asks for it."""

from lambda_workbench.testing.emulator import empty_emulator, emulator

__all__ = ["empty_emulator", "emulator"]
