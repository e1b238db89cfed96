"""A matter and the tasks of it, as staff see them."""
