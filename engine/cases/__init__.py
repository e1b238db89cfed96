"""The matter itself: filing, following, rating, withdrawing, diverting, merging; its attachments and documents."""
