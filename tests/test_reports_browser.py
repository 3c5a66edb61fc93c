"""Report pages in a browser: they ask nothing of any host and run nothing but their own."""

from __future__ import annotations

import json
import re
import shutil
import socket
import time

import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from speckit_analysis import display
from speckit_analysis.analysis import wording
from speckit_analysis.figures.charts import bars
from speckit_analysis.reports.html import render_report

pytestmark = pytest.mark.browser

HOSTILE = (
    "<script>window.attacked = 1</script>"
    "<img src=x onerror='window.attacked = 2'>"
    "<svg onload='window.attacked = 3'><script>window.attacked = 4</script>"
    "<image href='http://127.0.0.1:9/i.png'/></svg>"
    "<iframe srcdoc='<script>parent.attacked = 5</script>'></iframe>"
    "<link rel=stylesheet href='http://127.0.0.1:9/a.css'>"
    "<link rel=preconnect href='http://127.0.0.1:9/'>"
    "<style>@import url(http://127.0.0.1:9/b.css);</style>"
    "<p style='background: url(http://127.0.0.1:9/c.png)'>kept</p>"
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'>"
    "<details open ontoggle='window.attacked = 6'><summary>kept</summary></details>"
)
FIGURE = (
    "<figure><svg viewBox='0 0 1200 300' width='1200' height='300'><title>Cost</title>"
    "<text x='9' y='20' id='ink' style='fill: currentColor'>plan</text></svg>"
    "<figcaption>Cost.</figcaption></figure>"
)


def hostile_notebook():
    cell = new_code_cell(f"# {HOSTILE}")
    cell.outputs = [
        new_output("display_data", {"text/html": HOSTILE}),
        new_output("display_data", {"text/markdown": HOSTILE}),
        new_output("display_data", {"image/svg+xml": f"<svg>{HOSTILE}</svg>"}),
        new_output(
            "display_data", {"text/plain": HOSTILE}, metadata={"speckit": {"headline": HOSTILE}}
        ),
        new_output("stream", name="stdout", text=f"</pre>{HOSTILE}"),
        new_output("stream", name="stderr", text=f"</pre>{HOSTILE}"),
        new_output("display_data", {"application/javascript": "window.attacked = 7"}),
        new_output("error", ename="Error", evalue=HOSTILE, traceback=[HOSTILE]),
    ]
    prose = new_markdown_cell(f"# Title {HOSTILE}\n\n{HOSTILE}\n\n## Part {HOSTILE}")
    failure = {"cell": 2, "message": HOSTILE, "traceback": HOSTILE}
    facts = {"failure": failure, "evidence": {"roots": [HOSTILE], "fingerprint": HOSTILE}}
    return new_notebook(cells=[prose, cell], metadata={"speckit": facts})


def readable_notebook():
    cell = new_code_cell("long_line = 1  # " + "x" * 300)
    wide = "".join(f"<td>some_long_model_{n}</td>" for n in range(20))
    table = f"<table class='dataframe'><tbody><tr>{wide}</tr></tbody></table>"
    cell.outputs = [
        new_output("display_data", {"text/html": table}),
        new_output("display_data", {"text/html": FIGURE}),
        new_output("stream", name="stdout", text="y" * 400),
    ]
    return new_notebook(cells=[new_markdown_cell("# Cost\n\nText.\n\n## One\n\n### Two"), cell])


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("Chromium or chromedriver is not installed")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    session = webdriver.Chrome(options=options, service=Service(driver))
    yield session
    session.quit()


@pytest.fixture
def show(browser, tmp_path):
    """Open a notebook's page as a file and return the browser and the requests it made."""

    def open_page(notebook, *, dark=False, width=1280, mobile=False):
        path = tmp_path / "page.html"
        path.write_text(render_report(notebook, "page"), encoding="utf-8")
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": mobile}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        browser.get_log("performance")
        browser.get(path.as_uri())
        return browser

    return open_page


def requests(browser):
    time.sleep(0.5)  # what a page does late, such as a refresh, must be seen too
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
        # The browser's own first tab loads what it likes, and may still be at it.
        and not event["params"]["documentURL"].startswith("chrome:")
    ]


def test_a_page_requests_nothing_but_itself(show):
    browser = show(readable_notebook())
    assert [url.rpartition("/")[2] for url in requests(browser)] == ["page.html"]


def test_hostile_evidence_runs_nothing_and_requests_nothing(show):
    browser = show(hostile_notebook())
    assert [url.rpartition("/")[2] for url in requests(browser)] == ["page.html"]
    assert browser.execute_script("return window.attacked") is None
    assert browser.execute_script("return document.scripts.length") == 1
    assert "kept" in browser.execute_script("return document.querySelector('main').innerText")


def test_the_policy_stops_scripts_that_sanitising_would_have_missed(show, browser, tmp_path):
    show(readable_notebook())
    page = (tmp_path / "page.html").read_text()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        # No policy in a page can forbid it to go elsewhere; that is the sanitiser's part.
        inserted = re.sub(r"<meta[^>]*>|<link rel=preconnect[^>]*>", "", HOSTILE)
        inserted = inserted.replace("127.0.0.1:9/", f"127.0.0.1:{listener.getsockname()[1]}/")
        (tmp_path / "page.html").write_text(page.replace("</main>", inserted + "</main>"))
        browser.refresh()
        assert len(requests(browser)) > 1, "the browser tried nothing"
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert browser.execute_script("return document.scripts.length") > 1
    assert browser.execute_script("return window.attacked") is None


def test_code_unfolds_with_one_switch(show):
    browser = show(readable_notebook())
    visible = "return document.querySelector('.source pre').checkVisibility()"
    assert not browser.execute_script(visible)
    browser.execute_script("document.querySelector('[data-tool=code]').click()")
    assert browser.execute_script(visible)


def test_a_phone_scrolls_tables_not_the_page(show):
    browser = show(readable_notebook(), width=390, mobile=True)
    browser.execute_script("document.querySelector('[data-tool=code]').click()")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    assert browser.execute_script(
        "const box = document.querySelector('.scroll'); return box.scrollWidth > box.clientWidth"
    )


def test_a_phone_shows_a_figure_as_large_as_can_be_read_and_lets_it_scroll(show):
    spent = pd.DataFrame({"model": ["a", "b"], "usd": [2.0, 1.0]})
    figure = bars(
        spent, "model", "usd", title="Cost", subtitle="USD.", axis="USD", words=wording.usd
    )
    data, _ = display.show(figure, caption="All.")._repr_mimebundle_()
    cell = new_code_cell("1", outputs=[new_output("display_data", data)])
    browser = show(new_notebook(cells=[cell]), width=390, mobile=True)
    page, hidden, sizes = browser.execute_script("""
        const figure = document.querySelector("figure");
        const scale = figure.querySelector("svg").getScreenCTM().a;
        const size = (text) => scale * parseFloat(getComputedStyle(text).fontSize);
        return [document.documentElement.scrollWidth, figure.scrollWidth - figure.clientWidth,
                [...figure.querySelectorAll("svg text")].map(size)];
    """)
    assert page <= 390
    assert hidden > 0
    assert min(sizes) >= 11
    edges = browser.execute_script(
        """
        const figure = document.querySelector("figure");
        figure.scrollLeft = arguments[0];
        const around = document.querySelector("main").getBoundingClientRect();
        return [...figure.querySelectorAll("p, figcaption")].map(
            (words) => words.getBoundingClientRect().left - around.left);
    """,
        hidden,
    )
    assert edges == pytest.approx([0, 0, 0], abs=1), "its words stay where other words begin"


COLOURS = """
const colour = (element) => {
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = getComputedStyle(element).color;
  return canvas.fillStyle;
};
const ground = getComputedStyle(document.body).backgroundColor;
const texts = document.querySelectorAll(
  "h1, h2, p, a, summary, button, td, th, dt, dd, figcaption, pre, .code span");
return [ground, [...texts].map((text) => [text.tagName, getComputedStyle(text).color])];
"""


@pytest.mark.parametrize("dark", [False, True])
def test_text_has_contrast_in_light_and_dark(show, dark):
    browser = show(hostile_notebook(), dark=dark)
    ground, texts = browser.execute_script(COLOURS)
    assert (luminance(ground) < 0.05) == dark
    for tag, colour in texts:
        assert contrast(colour, ground) >= 4.5, (tag, colour)


@pytest.mark.parametrize("dark", [False, True])
def test_figures_take_the_colour_of_the_text(show, dark):
    browser = show(readable_notebook(), dark=dark)
    fill, ink = browser.execute_script(
        "return [getComputedStyle(document.querySelector('figure text')).fill,"
        "getComputedStyle(document.body).color]"
    )
    assert fill == ink


def test_the_switch_turns_the_colours_round(show):
    browser = show(readable_notebook())
    browser.execute_script("document.querySelector('[data-tool=theme]').click()")
    ground = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert luminance(ground) < 0.05


def test_paper_is_light_and_without_code(show):
    browser = show(readable_notebook(), dark=True)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    shown, ground = browser.execute_script(
        "return [document.querySelector('.source').checkVisibility(),"
        "getComputedStyle(document.body).backgroundColor]"
    )
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert not shown
    assert luminance(ground) > 0.9


def luminance(colour):
    channels = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)
