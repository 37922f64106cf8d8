"""API addresses of the catalogue."""

from rest_framework.routers import SimpleRouter

from catalog.api import MakeViewSet, ModelViewSet, VariantViewSet

router = SimpleRouter()
router.register("makes", MakeViewSet, basename="make")
router.register("models", ModelViewSet, basename="model")
router.register("variants", VariantViewSet, basename="variant")
urlpatterns = router.urls
