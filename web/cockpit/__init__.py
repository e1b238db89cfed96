"""The operator's pages: steps that failed, notices that did not arrive, how the engine is."""
