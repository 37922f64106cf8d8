"""A small site of imaginary cars, for demonstrations and tests of the crawl. It misbehaves on request."""
