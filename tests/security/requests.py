"""What is sent to each address: complete and valid, so that only who asks decides what becomes of it."""

from __future__ import annotations

from allauth.account.models import EmailConfirmationHMAC
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from catalog.models import CarModel, VariantPhoto
from classifier.models import ModelVersion, ReferencePhoto, TrainingRun
from dealers.spam import form_token
from scraper.models import ScrapeRun
from tests.carsite.admin_rows import photo
from tests.conftest import PASSWORD
from tests.security.walking import Address
from tests.security.world import World

NEW_PASSWORD = "another horse battery staple"


def upload() -> SimpleUploadedFile:
    """A photo that was never sent before."""
    return SimpleUploadedFile("car.jpg", photo(99), "image/jpeg")


def path_to(address: Address, world: World) -> str:
    """The address with the user's own things in it."""
    name, things = address.name, world.args
    variant = things["variant"]
    car = {"make": variant.model.make.slug, "model": variant.model.slug, "variant": variant.slug}
    match name.partition(":"):
        case "classifier" | "api", _, "retry" | "identification-retry":
            return reverse(name, args=[things["failed"].pk])
        case "classifier" | "api", _, "as_car" | "identification-as-car":
            return reverse(name, args=[things["interior"].pk])
        case "classifier" | "api", _, "sighting" | "sighting-detail":
            return reverse(name, args=[things["sighting"].pk])
        case "classifier" | "api", _, _ if (
            "<uuid:pk>" in address.route or "identifications/<pk>" in address.route
        ):
            return reverse(name, args=[things["identification"].pk])
        case (
            "dealers" | "api",
            _,
            "enquiry"
            | "enquiry_photo"
            | "enquiry_confirm"
            | "enquiry-detail"
            | "enquiry-photo"
            | "lead"
            | "lead-detail"
            | "lead-photo",
        ):
            return reverse(name, args=[things["enquiry"].pk])
        case "dealers" | "api", _, "detail" | "enquire" | "dealer-detail":
            return reverse(name, args=[things["dealer"].slug])
        case "accounts" | "api", _, "token_revoke" | "token":
            return reverse(name, args=[things["token"].public_id])
        case "catalog", _, "photo":
            return reverse(name, args=[VariantPhoto.objects.get().pk])
        case "catalog", _, "make" | "model" | "variant" as page:
            return reverse(
                name, kwargs=dict(list(car.items())[: ["make", "model", "variant"].index(page) + 1])
            )
        case "api", _, "make-detail":
            return reverse(name, args=[car["make"]])
        case "api", _, "model-detail":
            return reverse(name, args=[CarModel.objects.get().pk])
        case "api", _, "variant-detail":
            return reverse(name, args=[car["variant"]])
        case "account_confirm_email", _, _:
            return reverse(name, args=[EmailConfirmationHMAC(world.pending).key])
        case "account_reset_password_from_key", _, _:
            return reverse(name, args=["1", "x-y"])
        case "moved_model_outputs", _, _:
            return reverse(name, args=[""])
        case "admin", _, _:
            return _path_in_admin(address, world)
    return reverse(name)


def _path_in_admin(address: Address, world: World) -> str:
    name = address.name
    if name == "admin:view_on_site":
        kind = ContentType.objects.get_for_model(world.args["enquiry"])
        return reverse(name, args=[kind.pk, world.args["enquiry"].pk])
    if name == "admin:app_list":
        return reverse(name, args=["dealers"])
    if name == "admin:classifier_identification_retry":
        return reverse(name, args=[world.args["failed"].pk])
    if "<int:pk>" in address.route:
        model = {
            "modelversion": ModelVersion,
            "referencephoto": ReferencePhoto,
            "scraperun": ScrapeRun,
            "trainingrun": TrainingRun,
        }[address.route.split("/")[3]]
        return reverse(name, args=[model.objects.latest("pk").pk])
    if name == "admin:":  # the catch-all at the end, and an old form of change pages
        return reverse("admin:index") + "nothing-here/"
    return reverse(name)


def data_for(name: str, method: str, world: World) -> tuple[dict[str, object], str]:
    """What goes along with a request, and whether it is a form or JSON."""
    if (name, method) in _JSON:
        return _JSON[name, method], "json"
    if method != "POST":
        return {}, "json" if name.startswith("api:") else "form"
    if name in ("classifier:identify", "api:sighting-list"):
        return {"photos": upload()}, "form"
    if name == "api:identification-list":
        return {"photo": upload()}, "form"
    if name == "dealers:enquire":
        return _FORMS[name] | {"token": form_token()}, "form"
    if name == "api:enquiry-list":
        enquiry = {
            "dealer": world.args["dealer"].slug,
            "name": "A",
            "message": "Is it there?",
            "consent": True,
        }
        return enquiry, "json"
    return _FORMS.get(name, {}), "json" if name.startswith("api:") else "form"


_FORMS: dict[str, dict[str, object]] = {
    "classifier:feedback": {"choice": "not_a_car"},
    "dealers:enquire": {"name": "A", "email": "a@example.org", "message": "Is it there?", "consent": "on", "homepage": ""},
    "dealers:lead": {"status": "contacted", "note": "", "seen": "new"},
    "accounts:profile": {"name": "Another name"},
    "accounts:token_create": {"name": "Program"},
    "accounts:delete": {"password": PASSWORD},
    "account_login": {"login": "bob@example.org", "password": PASSWORD},
    "account_signup": {"email": "new@example.org", "password1": PASSWORD},
    "account_reauthenticate": {"password": PASSWORD},
    "account_email": {"action_add": "", "email": "new@example.org"},
    "account_change_password": {"oldpassword": PASSWORD, "password1": NEW_PASSWORD},
    "account_set_password": {"password1": NEW_PASSWORD},
    "account_reset_password": {"email": "bob@example.org"},
    "catalog:tray": {"go": "compare", "next": "/"},
    "units": {"units": "imperial", "next": "/"},
    "theme": {"theme": "dark", "next": "/"},
    "api:tokens": {"email": "bob@example.org", "password": PASSWORD, "name": "Program"},
    "api:identification-feedback": {"verdict": "not_a_car"},
}  # fmt: skip
_JSON: dict[tuple[str, str], dict[str, object]] = {
    ("api:lead-detail", "PATCH"): {"status": "contacted"},
}
