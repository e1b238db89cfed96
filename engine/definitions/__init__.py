"""A process package (diagrams, forms, decisions, texts) is read, checked, deployed as a version, activated."""
