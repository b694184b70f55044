"""What services answer, and whom it links to payments."""
