"""For a service's own tests: the emulator, what is deployed, and its sources of events.

`emulator` is for any test, `stage` for those that drive a deployed service. Both have fixtures of
pytest, which a conftest.py imports to offer them.
"""
