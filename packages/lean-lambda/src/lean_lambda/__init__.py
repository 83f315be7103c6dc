"""What runs in a Lambda function beside the code of its team.

Each module stands by itself, so that a function loads only what it uses: import from them.
"""
