"""Actions of tracing: walks, comparisons, paths, patterns and their figures."""
