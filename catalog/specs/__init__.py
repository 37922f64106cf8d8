"""Facts about cars: which there are, their units, how people read them, and when sources disagree."""
