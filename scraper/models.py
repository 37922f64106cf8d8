"""Where Django looks for this app's tables: each subject has a module of its own."""

from scraper.photo_models import SourcePhoto
from scraper.run_models import ScrapeRun
from scraper.staged_models import ApprovalRule, CatalogChange, ChangedCar, Fact, StagedCar

__all__ = ["ApprovalRule", "CatalogChange", "ChangedCar", "Fact", "ScrapeRun", "SourcePhoto", "StagedCar"]
