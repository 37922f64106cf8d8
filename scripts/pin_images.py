"""Write the digests of the images that compose.yaml and the Dockerfile name into .env: so what runs is known.

    python3 scripts/pin_images.py [FILE]        needs Docker and the registry; again for newer images

Standard library only. A line such as POSTGRES_IMAGE=postgres:15@sha256:… is added, or replaced; others stay.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def images(text: str) -> dict[str, str]:
    """Variables of compose.yaml that name an image → the image without a digest."""
    return dict(re.findall(r"\$\{(\w+_IMAGE):-([^}@]+)\}", text))


def digest(image: str) -> str:
    """What the registry says that a name means now, for all kinds of machines."""
    command = ["docker", "buildx", "imagetools", "inspect", image, "--format", "{{.Manifest.Digest}}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        sys.exit("carsite: docker is not installed here. Run this where the site is to run.")
    found = done.stdout.strip()
    if done.returncode or not re.fullmatch(r"sha256:[0-9a-f]{64}", found):
        said = (done.stderr or found).strip()
        sys.exit(f"carsite: the digest of {image} can't be had, and nothing was changed: {said}")
    return found


def pinned(text: str, found: dict[str, str]) -> str:
    """The text of an .env with these lines."""
    for name, image in found.items():
        line = f"{name}={image}"
        text, count = re.subn(rf"(?m)^{name}=.*$", line, text)
        if not count:
            text = text + ("" if text.endswith("\n") or not text else "\n") + line + "\n"
    return text


def main() -> None:
    """Ask for every image first; only then write."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".env"
    wanted = images((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    found = {name: f"{image}@{digest(image)}" for name, image in wanted.items()}
    os.umask(0o077)
    path.write_text(pinned(path.read_text() if path.exists() else "", found))
    for name, image in found.items():
        print(f"{name}={image}")


if __name__ == "__main__":
    main()
