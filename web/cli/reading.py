"""What every command is given."""

import argparse
from collections.abc import Callable
from typing import TypeAlias

from config import Settings

#: reads and checks the settings; a command that needs none never calls it
Read: TypeAlias = Callable[[], Settings]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
