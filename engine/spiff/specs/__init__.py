"""Tasks and task specifications: SpiffWorkflow's, corrected by subclasses. Only the door sees them."""
