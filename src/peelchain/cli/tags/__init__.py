"""peelchain tags: one file per family of verbs."""
