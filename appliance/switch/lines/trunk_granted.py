"""For how long a carrier's 200 to REGISTER keeps us: not at all, where it says so or does not list us. Pure.

RFC 3261 10.3 has the registrar list every contact it keeps, each with its seconds; the SIP library counts any 200 as a
registration, also one that grants nothing. A session border controller may list us under an address of its own: so
where no contact is ours by its letters, the longest of all counts. Some registrars list none at all, and say for how
long in Expires: that counts where there is no Contact, and only there.
"""

import re

MAX_SECONDS = 2**32 - 1
_FOLD = re.compile(r"\r?\n[ \t]+")
_CONTACT = re.compile(r"(?i)(?:contact|m)[ \t]*:(.*)", re.DOTALL)
_EXPIRES = re.compile(r"(?i)expires[ \t]*:[ \t]*(\d{1,10})[ \t]*$")
_ONE = re.compile(
    r'\s*(?P<name>(?:"(?:[^"\\]|\\.)*"|[^",<])*)(?:<(?P<uri>[^>]*)>)?(?P<rest>(?:"(?:[^"\\]|\\.)*"|[^",])*)(?:,|$)'
)
_PARAMETER = re.compile(r"(?i);\s*expires\s*=\s*(\d{1,10})\s*(?=;|$)")


def granted_s(answer: str, contact: str, asked_s: int) -> int:
    """Seconds until the registration of `contact` (a URI) ends; 0: there is none. `asked_s` counts where none are said.

    `answer` is a whole 200; what cannot be read in it is not granted.
    """
    ours, all_of_them = 0, 0
    listed = False
    head = re.split(r"\r?\n", _FOLD.sub(" ", re.split(r"\r?\n\r?\n", answer, maxsplit=1)[0]))[1:]
    expires = next((_seconds(found[1]) for line in head if (found := _EXPIRES.match(line))), None)
    lists = [found[1] for line in head if (found := _CONTACT.fullmatch(line))]
    if not lists:
        return expires or 0
    general = asked_s if expires is None else expires
    for uri, said in (one for value in lists for one in _contacts(value)):
        seconds = general if said is None else said
        all_of_them = max(all_of_them, seconds)
        if _same(uri, contact):
            listed = True
            ours = max(ours, seconds)
    return ours if listed else all_of_them


def _contacts(value: str) -> list[tuple[str, int | None]]:
    """(URI, its own seconds or None) of each."""
    found = []
    at = 0
    while at < len(value) and (one := _ONE.match(value, at)) is not None and one.end() > at:
        at = one.end()
        uri, rest = one["uri"], one["rest"]
        if uri is None:
            # Without brackets what follows a semicolon is the contact's, not the URI's (RFC 3261 20.10).
            uri, _, parameters = one["name"].strip().partition(";")
            rest = f";{parameters}"
        if uri.strip().lower().startswith(("sip:", "sips:")):
            seconds = _PARAMETER.search(rest)
            found.append((uri.strip(), _seconds(seconds[1]) if seconds else None))
    return found


def _seconds(digits: str) -> int:
    return min(int(digits), MAX_SECONDS)


def _same(one: str, other: str) -> bool:
    """Whether two URIs name the same user at the same place. Parameters say how to get there, not who it is."""
    return _place(one) == _place(other)


def _place(uri: str) -> tuple[str, str, str]:
    scheme, _, rest = uri.partition(":")
    user, _, host = rest.partition(";")[0].partition("?")[0].rpartition("@")
    name, _, port = host.partition(":")
    return (
        user,
        name.lower(),
        port or ("5061" if scheme.lower() == "sips" or "transport=tls" in uri.lower() else "5060"),
    )
