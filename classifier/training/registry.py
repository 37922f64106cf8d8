"""Every write to model versions: which bundle answers, which one answers unseen, and who decided so.

Called by the admin, by `manage.py models` and by workers. Nothing here loads a network: a bundle is checked
by its SHA-256s and its labels. Each function is one transaction; a worker sees the change before its next
photo.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import Variant
from classifier.exceptions import ModelConflict, ModelRefused
from classifier.models import ModelEvent, ModelVersion
from core.files import OLD, PART, replaced_folder
from core.people import Person, account_id
from ml.bundle.bundle import Bundle, read_bundle
from ml.exceptions import BundleError

State, Action = ModelVersion.State, ModelEvent.Action
#: How long loading a bundle once may take.
TRIAL_SECONDS = 120


# --- Where bundles are --------------------------------------------------------------------------------------
def models_folder() -> Path:
    """Where bundles that were added are kept. Machines that share a database share this folder."""
    return settings.VAR_DIR / "models"


def bundle_path(version: ModelVersion | None) -> Path:
    """The folder of a version's bundle; of no version, the one that ships."""
    return models_folder() / version.folder if version and version.folder else settings.MODEL_BUNDLE


def bundle_checked(version: ModelVersion) -> Bundle:
    """A version's bundle, whole, the one that was registered, and of cars that the catalogue has.

    Raises ModelRefused.
    """
    try:
        bundle = read_bundle(bundle_path(version))
    except BundleError as error:
        raise ModelRefused(f"{version} can't be used: {error}") from None
    if bundle.digest != version.digest:
        raise ModelRefused(
            f"The bundle of {version} is missing: {bundle.path} holds {bundle.name} {bundle.version}. "
            "Add the bundle again from its original folder."
        )
    _check_labels(bundle)
    return bundle


def _check_labels(bundle: Bundle) -> None:
    slugs = {label.slug for label in bundle.labels}
    missing = sorted(slugs - Variant.objects.known_as(slugs).keys())
    if missing:
        named = ", ".join(missing[:5]) + (" …" if len(missing) > 5 else "")
        raise ModelRefused(
            f"The catalogue lacks {len(missing)} of the {len(slugs)} cars that {bundle.name} "
            f"{bundle.version} names: {named}. "
            "Add them to the catalogue, or use a bundle trained for this catalogue."
        )


# --- Registering --------------------------------------------------------------------------------------------
def version_register_shipped(*, bundle: Bundle) -> ModelVersion:
    """The row of the bundle that ships, made at its first use.

    It becomes the active one where none is, or where the active one is one that shipped before.
    """
    with transaction.atomic():
        row, is_new = ModelVersion.objects.get_or_create(
            digest=bundle.digest,
            defaults={"name": bundle.name, "version": bundle.version, "card": bundle.card},
        )
        if is_new:
            _note(row, Action.REGISTERED)
        active = ModelVersion.objects.active()
        if active != row and (active is None or not active.folder):
            _activate(row, active, Action.PROMOTED, actor=None)
    return row


def version_add(
    *, path: str | Path, actor: Person | None = None, report: dict[str, object] | None = None
) -> tuple[ModelVersion, bool]:
    """Copy a bundle into VAR_DIR/models as a candidate; returns its row and whether it is new.

    Raises ModelRefused where it is damaged or names cars that the catalogue does not have; then nothing is
    kept.
    """
    try:
        bundle = read_bundle(path)
    except BundleError as error:
        raise ModelRefused(str(error)) from None
    _check_labels(bundle)
    existing = ModelVersion.objects.filter(digest=bundle.digest).first()
    if existing and _digest(bundle_path(existing)) == existing.digest:
        return existing, False
    _try_out(bundle)
    folder = f"{bundle.name}-{bundle.version}-{bundle.digest[:12]}".replace("/", "-")[:120]
    _copy(bundle, models_folder() / folder)
    facts = {"name": bundle.name[:80], "version": bundle.version[:40], "card": bundle.card}
    with transaction.atomic():
        row, is_new = ModelVersion.objects.get_or_create(
            digest=bundle.digest, defaults=facts | {"folder": folder, "report": report or {}}
        )
        if not is_new:  # one that shipped once
            ModelVersion.objects.filter(pk=row.pk).update(folder=folder)
            row.refresh_from_db()
        _note(row, Action.REGISTERED, actor=actor)
    return row, True


def _try_out(bundle: Bundle) -> None:
    """Load the network once, in a process of its own: web processes never import what that needs."""
    words = [
        "-c",
        "import sys; from ml.serving.predictor import Predictor; Predictor(sys.argv[1]).load()",
        str(bundle.path),
    ]
    done = subprocess.run(  # noqa: S603  (our own interpreter, and a folder that was read just now)
        [sys.executable, *words],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=TRIAL_SECONDS,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it ended without an error message"])[-1]
        raise ModelRefused(f"The network of {bundle.path} can't be loaded: {last}")


def _copy(bundle: Bundle, target: Path) -> None:
    """Whole or not at all: what is copied is read again before it gets its name."""
    if target == bundle.path:
        return
    try:
        with replaced_folder(target) as part:
            shutil.copytree(bundle.path, part, dirs_exist_ok=True)
            read_bundle(part)
    except (OSError, BundleError) as error:
        raise ModelRefused(f"{bundle.path} can't be copied to {target.parent}: {error}") from None


def unregistered_bundles() -> list[Path]:
    """Bundles in VAR_DIR/models and beside the one that ships which are not registered yet."""
    known = set(ModelVersion.objects.values_list("digest", flat=True))
    folders = [
        folder
        for parent in (models_folder(), settings.MODEL_BUNDLE.parent)
        if parent.is_dir()
        for folder in sorted(parent.iterdir())
        if (folder / "bundle.json").is_file() and folder.suffix not in (PART, OLD)
    ]
    return [folder for folder in folders if _digest(folder) not in known]


def _digest(folder: Path) -> str | None:
    try:
        return read_bundle(folder).digest
    except BundleError:
        return None  # shown, so that trying to add it says what is wrong with it


# --- Which one answers --------------------------------------------------------------------------------------
def version_promote(*, version: ModelVersion, seen: int | None, actor: Person | None = None) -> ModelVersion:
    """Make a version the active one; `seen` is the id of the one that was active when the decision was made.

    Raises ModelRefused where its bundle can't be used, ModelConflict where another was promoted meanwhile or
    it is active already. Then nothing has changed.
    """
    bundle_checked(version)
    with transaction.atomic():
        active = _still(seen)
        if active == version:
            raise ModelConflict(f"{version} is the active model already.")
        _activate(version, active, Action.PROMOTED, actor=actor)
    return version


def version_roll_back(*, seen: int | None, actor: Person | None = None) -> ModelVersion:
    """Make the version that the active one took the place of active again, and return it.

    Raises as `version_promote`.
    """
    active = ModelVersion.objects.filter(pk=seen).first() if seen else None
    previous = previous_of(active)
    if previous and not previous.folder:
        previous = _shipped_now(previous)
    if previous is None or previous == active:
        raise ModelConflict("There is no earlier model to go back to.")
    bundle_checked(previous)
    with transaction.atomic():
        _activate(previous, _still(seen), Action.ROLLED_BACK, actor=actor)
    return previous


def previous_of(active: ModelVersion | None) -> ModelVersion | None:
    """What a version took the place of when it was last promoted; never what was rolled back from."""
    promotion = ModelEvent.objects.filter(model_version=active, action=Action.PROMOTED).first()
    return promotion.previous if promotion else None


def _shipped_now(before: ModelVersion) -> ModelVersion:
    """The version that ships by now, where one that shipped before is meant."""
    try:
        bundle = read_bundle(settings.MODEL_BUNDLE)
    except BundleError as error:
        raise ModelRefused(f"{before} can't be used: {error}") from None
    return version_register_shipped(bundle=bundle)


def _still(seen: int | None) -> ModelVersion | None:
    """The active version, locked, if it still is the one that was seen."""
    active = ModelVersion.objects.select_for_update().filter(state=State.ACTIVE).first()
    if (active.pk if active else None) != seen:
        raise ModelConflict(
            f"Meanwhile {active or 'no model'} has become the active one, so nothing was changed. "
            "Look at it, and decide again."
        )
    return active


def _activate(
    version: ModelVersion, active: ModelVersion | None, action: str, *, actor: Person | None
) -> None:
    now = timezone.now()
    if active:
        ModelVersion.objects.filter(pk=active.pk).update(state=State.RETIRED)
    try:
        with transaction.atomic():
            ModelVersion.objects.filter(pk=version.pk).update(
                state=State.ACTIVE, promoted=now, promoted_by_id=account_id(actor), shadow_since=None
            )
    except IntegrityError:
        raise ModelConflict(
            "Another model was promoted at the same moment, so nothing was changed. "
            "Look at it, and decide again."
        ) from None
    version.refresh_from_db()
    _note(version, action, previous=active, actor=actor)


# --- Which one answers unseen -------------------------------------------------------------------------------
def shadow_start(*, version: ModelVersion, actor: Person | None = None) -> None:
    """Let a version answer live photos unseen, in place of the one that does.

    Raises ModelRefused, ModelConflict.
    """
    bundle_checked(version)
    with transaction.atomic():
        current = ModelVersion.objects.select_for_update().filter(state=State.SHADOW).first()
        if current == version:
            return
        if current:
            _shadow_end(current, actor)
        changed = (
            ModelVersion.objects.filter(pk=version.pk)
            .exclude(state=State.ACTIVE)
            .update(state=State.SHADOW, shadow_since=timezone.now())
        )
        if not changed:
            raise ModelConflict(f"{version} is the active model, which already answers all photos.")
        _note(version, Action.SHADOW_STARTED, actor=actor)


def shadow_stop(*, actor: Person | None = None) -> ModelVersion | None:
    """End the shadow run, and return the version that was the shadow; None where there was none."""
    with transaction.atomic():
        current: ModelVersion | None = (
            ModelVersion.objects.select_for_update().filter(state=State.SHADOW).first()
        )
        if current:
            _shadow_end(current, actor)
    return current


def _shadow_end(version: ModelVersion, actor: Person | None) -> None:
    state = State.RETIRED if version.promoted else State.CANDIDATE
    ModelVersion.objects.filter(pk=version.pk).update(state=state, shadow_since=None)
    _note(version, Action.SHADOW_STOPPED, actor=actor)


def _note(
    version: ModelVersion, action: str, *, previous: ModelVersion | None = None, actor: Person | None = None
) -> None:
    ModelEvent.objects.create(
        model_version=version, action=action, previous=previous, actor_id=account_id(actor)
    )
