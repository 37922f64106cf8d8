"""How fast it is: `make bench`. Nothing here is a test; machines differ, so ratios of one run count most."""
