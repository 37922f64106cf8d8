"""API addresses of the way of a photo."""

from rest_framework.routers import SimpleRouter

from classifier.api import IdentificationViewSet, SightingViewSet

router = SimpleRouter()
router.register("identifications", IdentificationViewSet, basename="identification")
router.register("sightings", SightingViewSet, basename="sighting")
urlpatterns = router.urls
