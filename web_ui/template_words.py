"""What templates can say: sentences, codes, formats and ages, in the language of whoever reads."""

from typing import Any

from flask import Flask
from markupsafe import Markup, escape

from appliance.acd.view import BoxFinding
from appliance.backup.status import BackupStatus
from appliance.box_health.words import finding_words
from appliance.words import PAUSE_REASONS, code_text
from appliance.words_details import detail_words
from web_ui.backups import backup_notices
from web_ui.formats import duration
from web_ui.security import csrf_token, logged_in
from web_ui.site import reader_language, this_site
from web_ui.texts import text


def teach_templates(app: Flask) -> None:
    """Gives every template of `app` its words. Names of agents and queues are those of the newest picture; without one,
    the short names of the configuration."""
    app.jinja_env.globals.update(duration=duration, counting_time=counting_time)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def words() -> dict[str, Any]:
        language = reader_language()
        site = this_site()

        def t(key: str, **values: object) -> str:
            return text(key, language, **values)

        inside = logged_in(site.settings.data_dir)
        picture = site.hub.now() if inside else None
        status = picture.status if picture else None
        agents = {str(agent.agent): agent.full_name for agent in status.agents} if status else {}
        pauses = {pause.code: pause.title for pause in status.pauses} if status else {}
        queues = {str(queue.queue): queue.title for queue in status.queues} if status else {}

        def code(kind: str, value: str) -> str:
            return code_text(kind, value, language)

        def detail(sentence: str) -> str:
            return detail_words(sentence, language)

        def of_finding(finding: BoxFinding) -> str:
            return finding_words(finding, language)

        def of_backups(status: BackupStatus | None) -> list[str]:
            return list(backup_notices(status, site.utc_ms(), site.formats(language), language))

        return {
            "t": t,
            "backup_notices": of_backups,
            "code": code,
            "detail": detail,
            "box_findings": picture.findings if picture else (),
            "finding_words": of_finding,
            "fmt": site.formats(language),
            "language": language,
            "box_title": site.settings.title,
            "agent_name": lambda name: agents.get(name, name),
            "queue_title": lambda name: queues.get(name, name),
            "has_bench": site.settings.bench is not None,
            "csrf_token": csrf_token,
            "is_logged_in": inside,
            "now_utc_ms": site.utc_ms(),
            "pause_reasons": tuple(pauses) or tuple(PAUSE_REASONS),
            "pause_title": lambda reason: pauses.get(reason) or code("pause", reason),
        }


def counting_time(since_utc_ms: int, now_utc_ms: int, written: bool) -> Markup:
    """A time that the browser counts up from `since_utc_ms`; `written`: with what it is now already in it."""
    shown = duration(max(0, now_utc_ms - since_utc_ms)) if written else ""
    return Markup('<time class="count" data-since="{}">{}</time>').format(escape(since_utc_ms), shown)
