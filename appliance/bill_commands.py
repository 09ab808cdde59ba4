"""The `bill` command of the command line: its words, and which of `bill_report` does what."""

import argparse
from collections.abc import Callable
from pathlib import Path


def add_bill(bill: argparse.ArgumentParser) -> None:
    """Its arguments."""
    what = "statement CLIENT MONTH; close MONTH [CLIENT]; list; seal; key; verify [FILE]: a statement, or all accounts"
    bill.add_argument("what", choices=["statement", "close", "list", "seal", "key", "verify"], help=what)
    bill.add_argument("names", nargs="*", metavar="NAME", help="see above; a month is written as 2026-11")
    bill.add_argument("--format", choices=["json", "csv", "pdf", "all"], default="all", help="of a statement")
    bill.add_argument("--locale", default="", metavar="es-MX", help="whose numbers: es-ES, es-MX, en-GB …")
    bill.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="where its files go (default: here)")
    bill.add_argument("--so-far", action="store_true", help="of a month that is not over: what it comes to, not sealed")
    bill.add_argument("--key", default="", metavar="FINGERPRINT", help="with verify FILE: of which box it has to be")
    bill.add_argument("--language", choices=("es", "en"), default=None)
    bill.set_defaults(usage=bill.error)


def run_bill(options: argparse.Namespace, config_of: Callable[[argparse.Namespace], Path]) -> int:
    """`config_of` is asked only by what needs the box: a statement is proved without."""
    from appliance import bill_report, bill_verify

    names = options.names
    fewest, most = {"statement": (2, 2), "close": (1, 2), "verify": (0, 1)}.get(options.what, (0, 0))
    if not fewest <= len(names) <= most:
        options.usage(f"bill {options.what} with {len(names)} names: see --help")
    if options.what == "verify" and names:
        return bill_verify.verify_file(Path(names[0]), options.key, options.language)
    config = config_of(options)
    match options.what:
        case "statement":
            formats = bill_report.FORMATS if options.format == "all" else (options.format,)
            wanted = bill_report.Wanted(names[0], names[1], formats, options.locale, options.out, options.so_far)
            return bill_report.show_statement(config, wanted, options.language)
        case "close":
            return bill_report.close_months(config, names[0], "".join(names[1:]), options.language)
        case "verify":
            return bill_verify.verify_store(config, options.language)
        case "list":
            return bill_report.list_statements(config, options.language)
        case "seal":
            return bill_report.seal_accounts(config, options.language)
        case _:
            return bill_report.show_key(config, options.language)
