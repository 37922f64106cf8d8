"""A small site of cars that do not exist, for the demonstration and the tests of the crawl. It misbehaves on request."""
