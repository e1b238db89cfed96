"""Where a process is played: on the real engine, in a database of its own, at a time of its own.

Nothing of it touches the live database, nothing is sent, and every person and matter in it is invented.
"""

from engine.sandbox.playing import play_to_end
from engine.sandbox.touring import Limits, Outcome, Stuck

__all__ = ["Limits", "Outcome", "Stuck", "play_to_end"]
