"""The operator's pages for ways out: robots of groups, webhooks, gateways for short messages."""
