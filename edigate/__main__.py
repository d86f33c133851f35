"""`python -m edigate` is `edigate`."""

import sys

from edigate.cli import main

sys.exit(main())
