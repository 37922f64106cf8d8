"""API addresses of the way of a photo."""

from rest_framework.routers import SimpleRouter

from classifier.api import IdentificationViewSet

router = SimpleRouter()
router.register("identifications", IdentificationViewSet, basename="identification")
urlpatterns = router.urls
