"""How much of a page is read. Each limit is several times what any page of a car was seen to have.

What is longer is no statement about a car. Without limits a text of megabytes would be compared, folded and
searched as often as there are readers.
"""

from __future__ import annotations

#: Characters of an address: browsers and servers agree on about as many.
LONGEST_ADDRESS = 2000
#: Characters of a heading or title, and headings that are looked at for what a page is about.
LONGEST_HEADING, MOST_HEADINGS = 1000, 100
#: Characters of a text that is marked up, or a value of a state.
LONGEST_TEXT = 5000
#: Characters of a statement and of its label.
LONGEST_STATEMENT, LONGEST_LABEL = 1000, 200
#: Statements for one key, in each layer of a page; those that are believed come first.
MOST_STATEMENTS = 40
#: Cars that a page marks up, and values of one property.
MOST_MARKED, MOST_VALUES = 100, 300
#: Steps of breadcrumbs.
MOST_CRUMBS = 60
