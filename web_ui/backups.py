"""What the page says of backups that nobody starts, when there is something to be done."""

from collections.abc import Iterator

from appliance.backup.errors import BackupError
from appliance.backup.status import BackupStatus
from appliance.backup.words import problem_words
from web_ui.formats import Formats
from web_ui.settings import Language
from web_ui.texts import text


def backup_notices(status: BackupStatus | None, now_utc_ms: int, formats: Formats, language: Language) -> Iterator[str]:
    """Sentences for the notices of the first page; none when all is well or no backup is wanted."""
    if status is None or not status.folder:
        return
    last = formats.date_time(status.made_utc_ms) if status.made_utc_ms else text("backup.never", language)
    if status.problem:
        problem = problem_words(BackupError(status.problem, dict(status.values)), language)
        yield text("backup.failed", language, problem=problem, last=last)
    elif status.is_overdue(now_utc_ms):
        yield text("backup.overdue", language, last=last)
    if not status.key_shown:
        yield text("backup.key_unseen", language)
