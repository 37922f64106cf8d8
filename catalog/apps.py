from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CatalogConfig(AppConfig):
    """What a car is."""

    name = "catalog"

    def ready(self) -> None:
        """Search and orders have indexes that migrations don't know of."""
        from catalog.search import index, order_indexes

        post_migrate.connect(index.ensure, sender=self, dispatch_uid="catalog.search.index")
        post_migrate.connect(order_indexes.ensure, sender=self, dispatch_uid="catalog.search.order_indexes")
