from django.apps import AppConfig


class DealersConfig(AppConfig):
    """Who sells it."""

    name = "dealers"

    def ready(self) -> None:
        """Connect the receivers: at sign-in, at deletion of an account, when an e-mail has left."""
        from dealers import receivers  # noqa: F401
