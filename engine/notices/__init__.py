"""Outgoing notices: composed beside the process, kept in an outbox, sent by channels with retries."""
