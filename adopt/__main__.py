"""`python -m adopt`, where this repository's environment is there."""

import sys

from adopt.adopt import main

sys.exit(main())
