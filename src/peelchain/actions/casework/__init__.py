"""Actions of a case: what its journal records, and what is derived for it."""
