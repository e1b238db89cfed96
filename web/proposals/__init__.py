"""Residents' proposals in public: read, second, object, follow. No account."""
