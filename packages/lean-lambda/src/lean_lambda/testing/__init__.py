"""What tests of functions need: stand-ins for AWS and Lambda, events, and hostile input.

None of it is packaged with a function. `hostile` needs Hypothesis, and `metrics` pytest.
"""
