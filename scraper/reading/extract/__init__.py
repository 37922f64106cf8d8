"""Reading of saved pages: `extract(content, url)` gives the car that a page states, or why it states none."""

from scraper.reading.extract.extraction import Extraction, extract

__all__ = ["Extraction", "extract"]
