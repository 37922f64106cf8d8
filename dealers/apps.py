from django.apps import AppConfig


class DealersConfig(AppConfig):
    """Who sells it."""

    name = "dealers"

    def ready(self) -> None:
        """Follow accounts: what a guest asked comes along at sign-in, what a person asked goes with the account."""
        from dealers import receivers  # noqa: F401
