"""Where Django looks for this app's tables: each subject has a module of its own."""

from scraper.models.pictures import SourcePhoto
from scraper.models.runs import ScrapeRun
from scraper.models.staging import ApprovalRule, CatalogChange, ChangedCar, Fact, StagedCar

__all__ = ["ApprovalRule", "CatalogChange", "ChangedCar", "Fact", "ScrapeRun", "SourcePhoto", "StagedCar"]
