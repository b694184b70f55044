"""A case that stays alive: what moves is followed, journalled and told."""
