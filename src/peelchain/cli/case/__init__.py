"""peelchain case: work on a case. Each file here is a family of verbs."""
