"""A real demo clinic in a process of its own, and people of its staff in front of real pages."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page

from holdspace.config.demo.people import PASSWORD

RUN = (sys.executable, "-m", "holdspace.config")
READY_SECONDS = 60
STOP_SECONDS = 10
STEPS_MINUTES = (24 * 60, 60, 15, 5)
CHROMIUM_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
Value = str | Sequence[str] | bool


def straightforward(**changes: Value) -> dict[str, Value]:
    """The therapist's page for somebody for whom every answer is the expected one."""
    never = ("psychosis", "mania", "dissociation", "attempts", "self_harm", "ketamine")
    no = ("family_psychosis", "trauma", "thoughts", "therapy")
    yes = ("support_overnight", "asked_alone", "understands", "expects", "can_attend", "wants")
    answers: dict[str, Value] = dict.fromkeys(never, "never")
    answers |= dict.fromkeys(no, "no") | dict.fromkeys(yes, "yes")
    return answers | {
        "indication_0": "F33.1", "since_when": "three years, two medicines tried",
        "support_who": "A sister nearby and a friend who drives",
        "hopes": "To feel interested again.", "readiness_words": "A quiet home, good questions.",
        "recommendation": "suitable", "reason": "The benefit outweighs the risk.",
    } | changes  # fmt: skip


def morning(hour: int = 10, minute: int = 40) -> datetime:
    """Tomorrow at this time in Denver, so that no run depends on the hour at which it is made."""
    there = datetime.now(ZoneInfo("America/Denver")) + timedelta(days=1)
    return there.replace(hour=hour, minute=minute, second=0, microsecond=0)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """`holdspace demo` on a loopback port; started, killed and started again on one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k != "HOLDSPACE_DATABASE_URL"}
        return {**kept, "HOLDSPACE_DATA": str(self.folder), "PORT": str(self.port)}

    def play(self, at: datetime) -> None:
        """Play the demo up to `at` and set the folder's clock to it; `at` is now or later."""
        done = self.command("demo", "--play-only", "--now", at.isoformat())
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        self.set_clock(at)

    def set_clock(self, at: datetime) -> None:
        """Let the folder's clock show `at` when it is served; `at` is now or later."""
        ahead = int((at - datetime.now(at.tzinfo)).total_seconds())
        (self.folder / "demo-time").write_text(str(ahead), encoding="ascii")

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        said = self.folder.with_suffix(".log")
        with said.open("ab") as log:
            self._process = subprocess.Popen(
                [*RUN, "demo"], env=self.environment, stdout=log, stderr=log
            )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for _ in range(READY_SECONDS * 10):
            try:
                with opener.open(f"{self.url}/healthz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                pass
            try:
                self._process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(f"holdspace demo ended by itself:\n{said.read_text()[-3000:]}")
        self.kill()
        raise AssertionError(f"holdspace demo was never ready:\n{said.read_text()[-3000:]}")

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, as an operator would."""
        self._end(signal.SIGTERM)

    def _end(self, by: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(by)
        self._process.wait(timeout=STOP_SECONDS)
        self._process = None

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One `holdspace` command on the same folder."""
        return subprocess.run(
            [*RUN, *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def verify(self) -> dict[str, Any]:
        """What `holdspace verify --json` says of this folder."""
        done = self.command("verify", "--json")
        assert done.stdout, done.stderr
        report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return report


class Desk:
    """One page of one person: a member of staff who is signed in, or a visitor."""

    def __init__(self, clinic: ClinicHouse, context: BrowserContext, key: str) -> None:
        self.clinic, self.context, self.key = clinic, context, key
        self.page: Page = context.new_page()
        self.troubles: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        self.page.on("request", self._request)

    def _console(self, message: Any) -> None:
        # Chromium reports every answer of 400 and above as an error of the page's.
        if message.type == "error" and "the server responded with a status" not in message.text:
            self.troubles.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws") and parts.port != self.clinic.server.port:
            self.troubles.append(f"request to another host: {parts.scheme}://{parts.netloc}")

    def open(self, path: str) -> Page:
        """Go to an address; a page that is not 200 is a mistake of the test."""
        answer = self.page.goto(path, wait_until="load")
        assert answer is not None and answer.status == 200, (
            f"{self.key} {path}: {answer and answer.status}"
        )
        return self.page

    @property
    def text(self) -> str:
        """What stands in the main part of the page, its closed details included."""
        return self.page.locator("main").text_content() or ""

    @property
    def now(self) -> datetime:
        """The clinic's time as this page was made, in the clinic's zone."""
        said = self.page.locator('meta[name="server-now"]').get_attribute("content")
        assert said
        return datetime.fromisoformat(said)

    def form(self, action: str = "") -> Locator:
        """The form that posts to an address with this ending; else the page's own form."""
        if action:
            return self.page.locator(f'main form[action$="{action}"]').first
        return self.page.locator("main form:not([action])").first

    def send(
        self, values: Mapping[str, Value], *, action: str = "", button: str = "", sign: bool = False
    ) -> None:
        """Fill in a form by the names of its fields and send it; `sign` types the password."""
        form = self.form(action)
        self._unfold(form)
        for name, value in values.items():
            fill(form, name, value)
        if sign:
            form.locator('[name="password"]').fill(PASSWORD)
        sends = 'button:not([type="button"])'
        named = form.locator(f'button[value="{button}"]') if button else form.locator(sends)
        with self.page.expect_navigation(wait_until="load"):
            named.first.click()

    def _unfold(self, form: Locator) -> None:
        """Open whatever the form is folded away in, as a person would."""
        folded = form.locator("xpath=ancestor-or-self::*[self::details[not(@open)]]")
        for _ in range(folded.count()):
            folded.first.locator("> summary").click()
        if form.get_attribute("id") == "observe-form" and not form.is_visible():
            self.page.locator("a[data-item]").first.click()
            self.page.locator('.pad-items [data-item="all"]').click()

    def refused(self) -> set[str]:
        """The codes of the findings on this page that stand in the way."""
        found = self.page.locator(".finding")
        rows = found.evaluate_all(
            "rows => rows.map(row => [row.dataset.code, row.dataset.verdict])"
        )
        return {code for code, verdict in rows if verdict in ("fail", "hold", "unknown")}

    def errors(self) -> str:
        """What was not accepted: the field's label and the words beside it."""
        said: list[str] = self.page.locator("main .error").evaluate_all(
            """errors => errors.map(error => {
                 const field = error.closest("fieldset, .field");
                 const label = field && field.querySelector("legend, label");
                 return (label ? label.textContent.trim() + ": " : "") + error.textContent.trim();
               })"""
        )
        return " | ".join(said)


def fill(form: Locator, name: str, value: Value) -> None:
    """Put a value into a field by its name, whatever kind of field it is."""
    field = form.locator(f'[name="{name}"]')
    kind = field.first.evaluate("f => f.tagName === 'INPUT' ? f.type : f.tagName.toLowerCase()")
    if kind == "radio":
        form.locator(f'[name="{name}"][value="{value}"]').check()
    elif kind == "checkbox" and isinstance(value, bool):
        field.set_checked(value)
    elif kind == "checkbox":
        for one in value:  # type: ignore[union-attr]
            form.locator(f'[name="{name}"][value="{one}"]').check()
    elif kind == "select":
        wanted = re.compile(re.escape(str(value)))
        options = field.locator("option").all()
        found = [o for o in options if o.get_attribute("value") == value] or [
            o for o in options if wanted.search(o.text_content() or "")
        ]
        assert found, f"{name}: no choice like {value!r}"
        field.select_option(value=found[0].get_attribute("value") or "")
    else:
        field.fill(str(value))


class ClinicHouse:
    """The clinic as the tests walk into it: one server, one browser, a desk for each person."""

    def __init__(self, server: Server, browser: Browser) -> None:
        self.server, self.browser = server, browser
        self._desks: dict[str, Desk] = {}

    @property
    def desks(self) -> tuple[Desk, ...]:
        """Everybody who was at a page so far."""
        return tuple(self._desks.values())

    def visitor(self, **context: Any) -> Desk:
        """Somebody outside, who is not signed in."""
        return Desk(self, self._context(**context), "visitor")

    def desk(self, key: str) -> Desk:
        """The page of a member of staff, by the word before the @ of their e-mail; signed in."""
        if key not in self._desks:
            self._desks[key] = self.sign_in(key, self._context())
        return self._desks[key]

    def sign_in(self, key: str, context: BrowserContext) -> Desk:
        desk = Desk(self, context, key)
        desk.open("/accounts/login/")
        desk.send(
            {"login": f"{key}@juniper.example", "password": PASSWORD}, action="/accounts/login/"
        )
        assert "/accounts/login" not in desk.page.url, f"{key}: {desk.errors()}"
        return desk

    def let_time_pass(self, minutes: int) -> None:
        """Move the demo's clock by what the control in its ribbon sends; a multiple of five."""
        assert minutes % STEPS_MINUTES[-1] == 0, "the demo's clock moves by five minutes at least"
        desk = self.desk("coordinator")
        token = desk.page.locator('meta[name="csrf-token"]').get_attribute("content") or ""
        for step in STEPS_MINUTES:
            for _ in range(minutes // step):
                answer = desk.context.request.post(
                    "/people/demo-time/",
                    form={"minutes": str(step), "next": "/", "csrfmiddlewaretoken": token},
                    headers={"Referer": self.server.url},
                    max_redirects=0,
                )
                assert answer.status == 302, answer.text()
            minutes %= step

    def until(self, hour: int, minute: int = 0) -> None:
        """Let time pass until the clinic's clock shows about this hour, today or tomorrow."""
        desk = self.desk("coordinator")
        desk.open("/people/")
        wanted = hour * 60 + minute
        missing = (wanted - (desk.now.hour * 60 + desk.now.minute)) % (24 * 60)
        self.let_time_pass(missing - missing % 5)

    def close(self) -> None:
        for context in list(self.browser.contexts):
            try:
                context.close()
            except Error:  # a page of a server that was killed
                continue
        self._desks.clear()

    def _context(self, **more: Any) -> BrowserContext:
        context = self.browser.new_context(base_url=self.server.url, **more)
        context.set_default_timeout(15_000)
        return context
