"""The shape of the configuration's [backup]: where backups that nobody starts go, how often, how many are kept."""

from typing import Annotated

from msgspec import Meta, Struct


class Backup(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Backups nobody starts. Empty `folder`: none is made."""

    folder: str = ""
    """On a USB stick, another disk or a share: /media/centralita is where a stick labelled CENTRALITA is mounted."""
    every_h: Annotated[float, Meta(ge=0.25, le=24 * 31)] = 24
    keep: Annotated[int, Meta(ge=1, le=1000)] = 14
    """So many are kept there, the newest."""
    recordings: bool = False
    """Copy the recordings there too, as they are: who has the stick can hear them."""
    same_disk: bool = False
    """Allow a folder on the disk that holds data_dir, or the system: such a backup is lost with it."""
