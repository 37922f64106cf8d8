"""Fetching pages politely and safely: a Scrapy project that knows no Django.

`python -m scraper.crawl JOB.json` runs one crawl.
"""
