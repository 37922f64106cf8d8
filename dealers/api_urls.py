"""API addresses of dealers, enquiries and leads."""

from rest_framework.routers import SimpleRouter

from dealers.api import DealerViewSet, EnquiryViewSet, LeadViewSet

router = SimpleRouter()
router.register("dealers", DealerViewSet, basename="dealer")
router.register("enquiries", EnquiryViewSet, basename="enquiry")
router.register("leads", LeadViewSet, basename="lead")
urlpatterns = router.urls
