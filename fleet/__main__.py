"""`python -m fleet`, where this repository's environment is there."""

import sys

from fleet.fleet import main

sys.exit(main())
