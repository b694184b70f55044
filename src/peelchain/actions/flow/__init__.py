"""What a picture of the flow asks: what lies next to a thing, and what joins the things shown."""
