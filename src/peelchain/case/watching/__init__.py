"""What a case watches, and the notices that come of it."""
