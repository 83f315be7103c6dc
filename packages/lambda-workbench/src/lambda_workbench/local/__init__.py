"""The service on a developer's machine: emulator, events, debugger."""
