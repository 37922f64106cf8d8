"""Running and keeping the site: supervisor, preflight, health, metrics, backup and restore, orphans."""
