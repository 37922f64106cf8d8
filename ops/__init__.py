"""What runs and keeps the site: supervisor, stack, preflight, watchdog, health, backup and restore,
orphans.
"""
