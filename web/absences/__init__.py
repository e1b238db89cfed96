"""Cover while absent: who does my work, and whose work I do."""
