"""`python -m web.cli` is the command `chuishao`."""

import sys

from web.cli import main

sys.exit(main())
