"""The supply for staff. Django imports this module alone; importing the others registers their pages."""

from scraper import admin_changes, admin_photos, admin_runs, admin_sheets, admin_staged

__all__ = ["admin_changes", "admin_photos", "admin_runs", "admin_sheets", "admin_staged"]
