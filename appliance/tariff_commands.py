"""The words of `tariff` on the command line, and which command they run. Loads nothing until one does."""

import argparse
from pathlib import Path


def add_tariff_commands(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """Give `tariff` its own commands; they are returned for what all commands have."""
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="tariff_command")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    imported = add("import", "make a CSV or TOML list the next version of a book, whole or not at all")
    imported.add_argument("--dry-run", action="store_true", help="say what it would do, and change nothing")
    listed = add("list", "the books, their versions, and what is in force")
    shown = add("show", "which rate covers a number and why, and what three minutes cost")
    shown.add_argument("number", metavar="NUMBER")
    shown.add_argument("--line", default="", metavar="NAME", help="on this line")
    shown.add_argument("--project", default="", metavar="NAME", help="of this project")
    shown.add_argument("--direction", choices=("out", "in"), default="out", help="(default out)")
    shown.add_argument("--at", default="", metavar="WHEN", help="2026-12-01 or 2026-12-01T09:30 (default now)")
    ended = add("end", "have a book hold no more; what it had is kept")
    ended.add_argument("name", metavar="BOOK")
    ended.add_argument("--valid-from", default="", metavar="YYYY-MM-DD", help="from this day on (default today)")
    preview = add("preview", "what a list would have done to the calls of a month; changes nothing")
    preview.add_argument("--month", default="", metavar="YYYY-MM", help="(default last month)")
    for one in (imported, preview):
        one.add_argument("file", type=Path, metavar="FILE")
        one.add_argument("--name", default="", help="of the book (default: the file's name)")
        one.add_argument("--version", default="", help="(default: what the file says, else the next number)")
        one.add_argument("--valid-from", default="", metavar="YYYY-MM-DD", help="its first day")
    return [imported, listed, shown, ended, preview]


def run_tariff(options: argparse.Namespace, config: Path) -> int:
    """Run the command that was parsed; its exit code."""
    if options.tariff_command == "list":
        from appliance.tariff_report import list_tariffs

        return list_tariffs(config, options.language)
    if options.tariff_command == "show":
        from appliance.tariff_show import show_tariff

        asked = (options.number, options.line, options.at, options.direction, options.project)
        return show_tariff(config, *asked, options.language)
    if options.tariff_command == "end":
        from appliance.tariff_report import end_tariffs

        return end_tariffs(config, options.name, options.valid_from, options.language)
    from appliance.daemon.tariff_import import Wanted

    wanted = Wanted(options.name, options.version, options.valid_from)
    if options.tariff_command == "preview":
        from appliance.tariff_preview_report import show_preview

        return show_preview(config, options.file, wanted, options.month, options.language)
    from appliance.tariff_report import import_tariffs

    return import_tariffs(config, options.file, wanted, options.language, dry_run=options.dry_run)
