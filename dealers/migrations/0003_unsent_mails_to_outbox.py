"""E-mails of enquiries that have not left move into the one outbox of `core`.

They were written when they were sent; now they are kept as written. What is written here is plain text with the same
content and links, and stays as it is whatever becomes of the templates. An e-mail that was given up stays so: it has no row.
"""

from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core import signing
from django.db import migrations
from django.db.models import Q
from django.utils import timezone

LIFETIME = timedelta(hours=21)
MOST_ATTEMPTS = 12


def _link(enquiry, door, holder):
    key = signing.TimestampSigner(salt=f"dealers.{door}:{holder}").sign(enquiry.pk.hex)
    path = {"lead": "leads", "enquiry": "enquiries"}[door]
    return f"{settings.SITE_URL}/{path}/{enquiry.pk}/?{urlencode({'key': key})}"


def _car(enquiry):
    variant = enquiry.variant
    if variant is None:
        return ""
    names = (variant.model.make.name, variant.model.name, variant.trim, str(variant.year or ""))
    return " ".join(name for name in names if name)


def _facts(enquiry):
    photo = enquiry.evidence and f"recognised as {enquiry.evidence}"
    facts = (
        ("Dealer", enquiry.dealer.name),
        ("Car", _car(enquiry)),
        ("Photo", photo),
        ("Name", enquiry.name),
        ("E-mail", enquiry.email),
        ("Phone", enquiry.phone),
    )
    return "\n".join(f"{name}: {value}" for name, value in facts if value)


def _to_dealer(enquiry):
    car = _car(enquiry)
    body = (
        f"{enquiry.name} wrote to {enquiry.dealer.name} through Carsite:\n\n{enquiry.message}\n\n--\n{_facts(enquiry)}\n\n"
        f"Answer this e-mail to write to {enquiry.name}.\n\nSee the enquiry and set its status, no account needed, for 30 days:\n"
        f"{_link(enquiry, 'lead', enquiry.dealer.email)}\n\n"
        "Anyone who has this link can do the same, so please do not pass it on.\n"
    )
    return {
        "to": enquiry.dealer.email,
        "to_name": enquiry.dealer.name,
        "reply_to": enquiry.email,
        "reply_to_name": enquiry.name,
        "subject": f"{enquiry.name} asks about the {car}" if car else f"{enquiry.name} asks",
        "body": body,
    }


def _to_visitor(enquiry):
    body = (
        f"Hello {enquiry.name},\n\nyour enquiry is on its way to {enquiry.dealer.name}. This is your copy:\n\n"
        f"{enquiry.message}\n\n--\n{_facts(enquiry)}\n\nThe dealer will answer to this address. See the status of your enquiry:\n"
        f"{_link(enquiry, 'enquiry', enquiry.email)}\n\n"
        "If you did not write this, somebody mistyped their address: you need not do anything.\n"
    )
    return {
        "to": enquiry.email,
        "to_name": enquiry.name,
        "reply_to": enquiry.dealer.email,
        "reply_to_name": enquiry.dealer.name,
        "subject": f"Your enquiry to {enquiry.dealer.name}",
        "body": body,
    }


def _queued(OutgoingEmail, alias, enquiry, template, values):
    now = timezone.now()
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    for name in ("to_name", "reply_to_name", "subject"):
        values[name] = " ".join(values[name].split())[:200]
    return OutgoingEmail.objects.using(alias).create(
        purpose="enquiry",
        created=now,
        due=enquiry.mail_due,
        expires=now + LIFETIME,
        attempts=enquiry.mail_attempts,
        headers={"Message-ID": f"<{enquiry.pk}.{template}@{host}>", "Auto-Submitted": "auto-generated"},
        **values,
    )


def to_outbox(apps, schema_editor):
    alias = schema_editor.connection.alias
    Enquiry = apps.get_model("dealers", "Enquiry")
    OutgoingEmail = apps.get_model("core", "OutgoingEmail")
    unmailed = Q(dealer_mailed__isnull=True) | Q(visitor_mailed__isnull=True)
    enquiries = Enquiry.objects.using(alias).filter(unmailed, mail_attempts__lt=MOST_ATTEMPTS).exclude(email="")
    for enquiry in enquiries.select_related("dealer", "variant__model__make"):
        if enquiry.dealer_mailed is None:
            enquiry.mail_to_dealer = _queued(OutgoingEmail, alias, enquiry, "to_dealer", _to_dealer(enquiry))
        if enquiry.visitor_mailed is None:
            enquiry.mail_to_visitor = _queued(OutgoingEmail, alias, enquiry, "to_visitor", _to_visitor(enquiry))
        Enquiry.objects.using(alias).filter(pk=enquiry.pk).update(
            mail_to_dealer=enquiry.mail_to_dealer, mail_to_visitor=enquiry.mail_to_visitor
        )


def to_enquiries(apps, schema_editor):
    """Each enquiry tries its own e-mails again, but for those that were given up."""
    alias = schema_editor.connection.alias
    Enquiry = apps.get_model("dealers", "Enquiry")
    enquiries = Enquiry.objects.using(alias)
    given_up = Q(dealer_mailed__isnull=True, mail_to_dealer__isnull=True) | Q(
        visitor_mailed__isnull=True, mail_to_visitor__isnull=True
    )
    enquiries.filter(given_up).update(mail_attempts=MOST_ATTEMPTS)
    enquiries.update(mail_to_dealer=None, mail_to_visitor=None)
    apps.get_model("core", "OutgoingEmail").objects.using(alias).filter(purpose="enquiry").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
        ("dealers", "0002_outgoing_emails"),
    ]

    operations = [migrations.RunPython(to_outbox, to_enquiries)]
