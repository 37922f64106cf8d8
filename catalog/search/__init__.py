"""Finding cars: what people type, what narrows a list, and the indexes that make both fast."""
