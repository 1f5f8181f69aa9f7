"""The HTML page in headless Chromium: it asks for nothing, says nothing on the console, filters, and shows hostile text as text."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support import hostile
from tests.support.cli import tlslint

REPOSITORY = Path(__file__).parents[2]
SAMPLES = REPOSITORY / "sample_configs"


class Opened(NamedTuple):
    page: Page
    console: list[str]
    requests: list[str]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("Chromium is missing: apt-get install chromium-headless-shell")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])  # the sandbox refuses root
        yield opened
        opened.close()


def show(browser: Browser, path: Path, *arguments: object, **options: object) -> Opened:
    """Write the report of `path` and open it."""
    target = path.parent / f"{path.name}.html"
    ran = tlslint("--exit-zero", "--report", f"html={target}", "--output-format", "json", *arguments, path)
    assert ran.code == 0
    page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    opened = Opened(page, [], [])
    page.on("console", lambda message: opened.console.append(message.text))
    page.on("pageerror", lambda error: opened.console.append(str(error)))
    page.on("request", lambda request: opened.requests.append(request.url))
    page.on("dialog", lambda dialog: opened.console.append(dialog.message))
    page.goto(target.as_uri())
    return opened


@pytest.fixture
def samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(SAMPLES, tmp_path / "samples", symlinks=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "samples"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_the_page_needs_nothing_and_fits(browser: Browser, samples: Path, scheme: str, width: int) -> None:
    opened = show(browser, samples, viewport={"width": width, "height": 900}, color_scheme=scheme)
    assert opened.console == []
    assert len(opened.requests) == 1
    assert opened.requests[0].startswith("file:")
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width, "nothing sticks out sideways"
    background = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, background[4:-1].split(","))) < 200) is (scheme == "dark")
    opened.page.emulate_media(media="print")
    assert opened.page.locator(".filters").is_hidden()


def test_everything_found_is_shown_and_filters_narrow_it(browser: Browser, samples: Path) -> None:
    findings = json.loads(tlslint("--exit-zero", "--output-format", "json", samples).out)["findings"]
    page = show(browser, samples).page
    visible = page.locator(".finding:visible")
    assert visible.count() == len(findings)
    for severity in {finding["severity"] for finding in findings}:
        page.select_option("[name=severity]", severity)
        assert visible.count() == sum(finding["severity"] == severity for finding in findings)
    page.select_option("[name=severity]", "")
    rule = findings[0]["rule"]
    page.select_option("[name=rule]", rule)
    assert visible.count() == sum(finding["rule"] == rule for finding in findings)
    assert page.locator("output").inner_text() == f"{visible.count()} of {len(findings)} shown"
    page.click("button[type=reset]")
    page.wait_for_function("document.querySelector('output').value.startsWith(document.querySelectorAll('.finding').length + ' of')")
    servers = [option.get_attribute("value") for option in page.locator("[name=server] option").all()][1:]
    assert len(servers) >= 5
    shown = 0
    for server in servers:
        page.select_option("[name=server]", server)
        assert visible.count() > 0
        assert page.locator("section.server:visible").count() == 1
        shown += visible.count()
    assert shown == len(findings)
    page.select_option("[name=server]", servers[0])
    page.select_option(
        "[name=rule]", next(finding["rule"] for finding in findings if finding["rule"].startswith("TLS9") or finding["rule"] == "TLS601")
    )
    assert page.locator(".none").is_visible() is (visible.count() == 0)


def test_the_picture_shows_every_endpoint(browser: Browser, samples: Path) -> None:
    instances = json.loads(tlslint("effective", "--output-format", "json", samples).out)["instances"]
    page = show(browser, samples).page
    titles = " ".join(title.text_content() or "" for title in page.locator("svg .endpoint title").all())
    for instance in instances:
        for endpoint in instance["endpoints"]:
            assert endpoint["name"] in titles
    apache = samples / "apache"
    page = show(browser, apache).page
    assert page.locator("svg g.old title").filter(has_text="TLS 1.0").count() == 0, "OpenSSL 3 holds them back"
    page = show(browser, apache, "--target", "debian-11").page
    assert page.locator("svg g.old title").filter(has_text="TLS 1.0: offered").count() > 0


def test_the_rule_behind_a_finding_opens(browser: Browser, samples: Path) -> None:
    page = show(browser, samples).page
    link = page.locator(".finding h4 a").first
    code = (link.inner_text()).split()[0]
    link.click()
    page.wait_for_selector(f"details#{code}[open]")
    assert "Use instead:" in page.locator(f"details#{code}").inner_text()


def test_hostile_text_is_shown_and_does_nothing(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root"
    hostile.lay(root)
    monkeypatch.chdir(root)
    opened = show(browser, root)
    page = opened.page
    page.wait_for_timeout(200)
    assert opened.console == []
    assert len(opened.requests) == 1
    assert page.title().startswith("tlslint: ")
    assert page.locator("script").count() == 1
    assert page.locator("img, iframe, object, embed, link, base").count() == 0
    assert page.locator("a:not([href^='#TLS'])").count() == 0
    text = page.locator("main").inner_text()
    for shown in (
        "<script>document.title='owned'</script>",
        "]]><x/>--><!--",
        "\\x1b[31mred",
        "\\u202egnp.exe",
        "{{ 7*7 }}",
        "<img src=x onerror=alert(1)>",
    ):
        assert shown in text, shown
    assert not set(text) & set("\x1b\x07\u202e\u200b")
    assert page.evaluate(
        "[...document.querySelectorAll('*')].every(each => [...each.attributes].every(a => !a.name.startsWith('on') && a.name != 'style'))"
    )


def test_the_policy_would_stop_what_got_through(browser: Browser, samples: Path) -> None:
    """Even text that were markup could neither run nor ask for anything."""
    opened = show(browser, samples)
    markup = '<img src="https://evil.example/x.png"><p style="color:red" onclick="document.title=1">x</p>'
    opened.page.evaluate("text => document.body.insertAdjacentHTML('beforeend', text)", markup)
    opened.page.locator("p", has_text="x").last.click()
    opened.page.wait_for_timeout(200)
    assert opened.page.title() != "1"
    assert sum("Content Security Policy" in said for said in opened.console) >= 2


def test_nothing_found_is_said(browser: Browser, samples: Path) -> None:
    page = show(browser, samples, "--select", "TLS101").page
    assert page.title() == "tlslint: nothing to report"
    assert page.locator(".finding, .filters").count() == 0
    assert page.locator("svg").count() == 1
