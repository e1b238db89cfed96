"""Who is there: signing in, sessions on the server, and the rule that every page asks."""
