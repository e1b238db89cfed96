"""The pages, the API and the command line: what people and programs touch."""
