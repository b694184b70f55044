"""The vault: personal data of a case, encrypted for each person."""
