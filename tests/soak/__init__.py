"""A thousand photos while everything breaks: `make soak`."""
