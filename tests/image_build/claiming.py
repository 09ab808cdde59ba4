"""A box's page as a browser uses it from outside: claimed with its code, or logged in to, and then read and posted to.

`claim(f"http://127.0.0.1:{box.page_port}", code)` gives a `PageSession`; `get` and `post` give the text of the page
they led to, and `post` sends the session's token with its fields.
"""

import re
import urllib.request
from http.cookiejar import CookieJar
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode

from tests.image_build.virtual_box import VirtualBox

CODE = re.compile(r"(?:hacerla suya|claim it): ([a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4})\b")
PASSWORD = "cuatro palabras sin sentido"
"""What the tests' office chooses."""
ANSWER_S = 60
"""Emulated, beside others."""


class PageSession:
    """One browser's cookies on the page at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.jar = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def get(self, path: str) -> str:
        """The text of the page it leads to, also of one that says what is wrong; "" while nobody answers."""
        return self._read(path, None)

    def get_bytes(self, path: str) -> bytes:
        """What is there, as it is. Raises URLError and its kind."""
        with self._opener.open(self.url + path, timeout=ANSWER_S) as answer:
            return bytes(answer.read())

    def post(self, path: str, **fields: str) -> str:
        token = re.search(r'name="csrf" content="([^"]+)"', self.get("/login"))
        return self._read(path, urlencode({"csrf": token[1] if token else "", **fields}).encode())

    @property
    def is_inside(self) -> bool:
        return "/logout" in self.get("/")

    def _read(self, path: str, data: bytes | None) -> str:
        try:
            with self._opener.open(self.url + path, data, timeout=ANSWER_S) as answer:
                return str(answer.read().decode())
        except HTTPError as error:
            return error.read().decode()
        except (URLError, OSError):
            return ""


def claim(page_url: str, code: str, password: str = PASSWORD) -> PageSession:
    """Claims the box with the code its screen shows, and is logged in. Fails with what the page says."""
    session = PageSession(page_url)
    said = session.post("/claim", code=code, password=password, again=password)
    assert "/logout" in said, said[:3000]
    return session


def log_in(page_url: str, password: str = PASSWORD) -> PageSession:
    """Logs in to a box that is claimed. Fails with what the page says."""
    session = PageSession(page_url)
    said = session.post("/login", password=password)
    assert "/logout" in said, said[:3000]
    return session


def code_on_screen(box: VirtualBox) -> str:
    """The claim code a new box shows on its first serial port."""
    return box.wait_console(CODE.pattern).group(1)
