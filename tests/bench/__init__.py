"""What a durable completion costs, as a multiple of the same diagram stepped in memory by stock SpiffWorkflow."""
