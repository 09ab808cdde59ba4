"""How the rules name a place in the configuration file, and the references and duplicates every rule looks for."""

from collections import Counter
from collections.abc import Iterable, Iterator


def place(table: str, name: str, key: str) -> str:
    """`[[agent]] ana, station`: the table, which one of it, and the key."""
    return f"[[{table}]] {name}, {key}" if name else f"[{table}] {key}"


def unknown(where: str, what: str, value: str, known: Iterable[str]) -> str:
    """A name that nothing in the file answers to, with the names that would be right."""
    names = ", ".join(known)
    remedy = f"Write one of: {names}" if names else f"There is no {what} in the file yet: add one"
    return f'{where}: no {what} is called "{value}". {remedy}.'


def repeated(table: str, key: str, values: Iterable[str]) -> Iterator[str]:
    """One problem for each value that two tables of the same kind have."""
    for value, times in Counter(values).items():
        if times > 1:
            yield f'[[{table}]] {key} = "{value}" is written {times} times. Give each {table} a {key} of its own.'
