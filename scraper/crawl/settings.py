"""Scrapy's settings for a crawl: polite first, fast second."""

from __future__ import annotations

from scraper.crawl.job import Job
from scraper.crawl.output import LOG

_SCRAPYS = "scrapy.downloadermiddlewares"
#: Ours in place of those of Scrapy that do the same.
_MIDDLEWARES: dict[str, int | None] = {
    f"{_SCRAPYS}.httpcache.HttpCacheMiddleware": None,
    f"{_SCRAPYS}.robotstxt.RobotsTxtMiddleware": None,
    f"{_SCRAPYS}.retry.RetryMiddleware": None,
    "scraper.crawl.middlewares.RobotsMiddleware": 100,
    "scraper.crawl.backoff.BackoffMiddleware": 550,
    "scraper.crawl.cache.PageCacheMiddleware": 900,
    # Behind the page cache: a stored page needs no network.
    "scraper.crawl.middlewares.AddressMiddleware": 950,
}


def crawl_settings(job: Job) -> dict[str, object]:
    """All that differs from Scrapy's own defaults, and what we rely on."""
    return {
        "ADDONS": {},
        "AUTOTHROTTLE_ENABLED": job.throttle,
        "AUTOTHROTTLE_MAX_DELAY": 60.0,
        "AUTOTHROTTLE_START_DELAY": job.delay,
        "AUTOTHROTTLE_TARGET_CONCURRENCY": 1.0,
        "BACKOFF_SECONDS": job.delay,
        "CONCURRENT_REQUESTS": max(4, job.at_once),
        "CONCURRENT_REQUESTS_PER_DOMAIN": job.at_once,
        "COOKIES_ENABLED": False,
        "DOWNLOADER": "scraper.crawl.downloader.SlotCountingDownloader",
        "DOWNLOAD_DELAY": job.delay,
        "DOWNLOAD_MAXSIZE": job.page_bytes,
        "DOWNLOAD_TIMEOUT": job.page_seconds,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOADER_MIDDLEWARES": _MIDDLEWARES,
        "HTTPCACHE_ENABLED": True,
        "HTTPCACHE_IGNORE_MISSING": job.replay,
        "HTTPCACHE_POLICY": "scraper.crawl.cache.FreshnessPolicy",
        "HTTPCACHE_STORAGE": "scraper.crawl.cache.PageCacheStorage",
        "HTTPPROXY_ENABLED": False,  # a proxy of the environment would reach what we don't
        "ITEM_PIPELINES": {"scraper.crawl.output.OutputPipeline": 100},
        "LOG_FILE": str(job.path / LOG),
        "LOG_FILE_APPEND": True,
        "LOG_LEVEL": "INFO",
        "LOGSTATS_INTERVAL": 0,
        "METAREFRESH_ENABLED": False,
        "PAGES_FRESH_SINCE": job.fresh_since,
        "PAGE_STORE": job.cache,
        "REDIRECT_MAX_TIMES": 3,
        "REMOTE_CONTROL_ENABLED": False,
        "RETRY_TIMES": 4,
        "ROBOTSTXT_OBEY": True,
        "TELNETCONSOLE_ENABLED": False,
        "TWISTED_DNS_RESOLVER": "scraper.crawl.resolver.PinnedResolver",
        "USER_AGENT": job.user_agent,
    }
