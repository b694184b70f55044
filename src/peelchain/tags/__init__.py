"""What others say of addresses, and what a bitcoin was worth: assertions with source and date."""
