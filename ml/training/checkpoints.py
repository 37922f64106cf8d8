"""Files of a run, written whole or not at all: a full disk costs an epoch, never the run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from core.files import replaced_file
from ml import torchvision_ops
from ml.exceptions import MlError

torchvision_ops.ensure()
from pytorch_lightning.plugins.io import TorchCheckpointIO  # noqa: E402  (torchmetrics imports torchvision)


def save_whole(content: Mapping[str, object], path: Path) -> None:
    """`torch.save`, but the file that is there stays until the new one is whole.

    Raises MlError where it can't be written.
    """
    try:
        with replaced_file(path) as part:
            torch.save(content, part)
    except (OSError, RuntimeError) as error:  # torch's own writer raises RuntimeError on a full disk
        last = path.with_name("last.ckpt")
        kept = f"goes on from {last}" if last.exists() else "starts anew"
        raise MlError(
            f"{path} can't be written; the disk may be full ({str(error).splitlines()[0]}). Make room and "
            f"start the same command again: it {kept}."
        ) from error


class CheckpointFiles(TorchCheckpointIO):
    """Lightning's checkpoints, each replaced whole or not at all."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: object = None
    ) -> None:
        """Write a checkpoint. Raises MlError as `save_whole` does."""
        del storage_options  # for remote files, which runs are not
        save_whole(checkpoint, Path(path))
