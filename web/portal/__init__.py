"""The residents' pages: file a matter, take the receipt home, follow it, answer, rate, withdraw. No account."""
