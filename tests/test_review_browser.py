"""The scorecard in a real browser: keyboard, autosave, a killed server, two reviewers, axe."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from test_review_design import create

pytest.importorskip("selenium", reason="selenium is not installed")
pytest.importorskip("voila", reason="voila is not installed")
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (BROWSER and DRIVER), reason="chromium and chromedriver are not here"),
    pytest.mark.timeout(240),
]


class Server:
    """``speckit-analysis review serve`` as a user starts it."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()

    def start(self):
        code = "from speckit_analysis.cli import main; main()"
        command = [sys.executable, "-c", code, "review", "serve", str(self.folder)]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), "--no-browser"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.listens():
                return
            time.sleep(0.3)
        raise AssertionError("the server did not start")

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)
        # The command's own child holds the port, and may die a moment after the command.
        wait_for(lambda: not self.listens())


@pytest.fixture
def served(tmp_path):
    long = "\n".join(f"{n}. It stops after {n} seconds." for n in range(1, 60))
    review = create(tmp_path, briefs={f"SPEC-{n} plan": long for n in range(4)})
    server = Server(review.folder)
    yield review, server
    server.kill()


@pytest.fixture
def browsers() -> Iterator[list]:
    opened: list = []
    yield opened
    for driver in opened:
        driver.quit()


def opened(browsers, server, reviewer):
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,1300"):
        options.add_argument(argument)
    for argument in ("--disable-background-networking", "--no-first-run", "--disable-sync"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    browsers.append(driver)
    driver.get(f"http://localhost:{server.port}/?reviewer={reviewer}")
    WebDriverWait(driver, 60).until(
        lambda here: len(here.find_elements(By.CSS_SELECTOR, ".scorecard input")) >= 6
    )
    return driver


def focused(driver):
    """Return the label of what has the focus."""
    return driver.execute_script(
        "const e = document.activeElement; const l = e.labels && e.labels[0];"
        "return l ? l.textContent : e.textContent.trim().slice(0, 40);"
    )


def press(driver, keys):
    driver.switch_to.active_element.send_keys(keys)


def to(driver, label, most=60):
    """Press Tab until a field has the focus."""
    for _ in range(most):
        if focused(driver) == label:
            return
        press(driver, Keys.TAB)
    raise AssertionError(f"the keyboard does not reach {label!r}")


def cards_of(review, reviewer):
    folder = review.folder / "cards" / reviewer
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.card.json"))]


def wait_for(check, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():
            return
        time.sleep(0.2)
    raise AssertionError("it did not happen in time")


def test_a_card_is_filled_by_keyboard_and_survives_a_killed_server(served, browsers):
    review, server = served
    driver = opened(browsers, server, "ann")
    for name, score in (("completeness", "7"), ("correctness", "8,5"), ("clarity", "9")):
        to(driver, name)
        press(driver, score)
    press(driver, Keys.TAB)
    wait_for(lambda: cards_of(review, "ann") and len(cards_of(review, "ann")[0]["scores"]) == 3)
    server.kill()
    server.start()
    driver = opened(browsers, server, "ann")
    values = [e.get_attribute("value") for e in driver.find_elements(By.CSS_SELECTOR, "input")]
    assert values[:3] == ["7", "8.5", "9"]
    for name, text in (("actionability", "6.5"), ("overall", "7.5"), ("errors found", "2")):
        to(driver, name)
        press(driver, text)
    to(driver, "which errors")
    press(driver, "two steps are missing")
    to(driver, "variant guess")
    press(driver, "one")
    to(driver, "how sure")
    press(driver, "fairly")
    press(driver, Keys.TAB)
    wait_for(lambda: cards_of(review, "ann")[0]["complete"])
    (card,) = cards_of(review, "ann")
    assert card["scores"] == {
        "completeness": 7.0,
        "correctness": 8.5,
        "clarity": 9.0,
        "actionability": 6.5,
    }
    assert (card["overall"], card["errors_found"], card["guess"]) == (7.5, 2, "one")
    assert card["errors"] == "two steps are missing"
    assert card["seconds"] > 0
    to(driver, "Next")
    press(driver, Keys.ENTER)
    wait_for(lambda: "packet 2 of 8" in driver.find_element(By.CSS_SELECTOR, ".scorecard").text)
    assert "1 complete" in driver.find_element(By.CSS_SELECTOR, ".scorecard").text
    assert driver.find_element(By.CSS_SELECTOR, "input").get_attribute("value") == ""


def test_a_long_task_stands_beside_the_packet_and_is_folded_by_keyboard(served, browsers):
    _, server = served
    driver = opened(browsers, server, "ann")

    def top(selector):
        return driver.find_element(By.CSS_SELECTOR, selector).rect["y"]

    driver.set_window_size(1400, 900)
    assert top(".packet") < 900 - 100
    driver.set_window_size(500, 900)
    wide = driver.execute_script("return document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    assert top(".packet") - top(".brief") < 300
    to(driver, "Show or hide the task")
    press(driver, Keys.ENTER)
    assert not driver.find_element(By.CSS_SELECTOR, ".brief").is_displayed()
    press(driver, Keys.ENTER)
    to(driver, driver.find_element(By.CSS_SELECTOR, ".brief").text[:40])


def test_two_reviewers_at_once_do_not_mix_and_nothing_is_fetched(served, browsers):
    review, server = served
    ann, bob = (opened(browsers, server, name) for name in ("ann", "bob"))
    for driver, score in ((ann, "3"), (bob, "9")):
        to(driver, "clarity")
        press(driver, score)
        press(driver, Keys.TAB)
    wait_for(lambda: cards_of(review, "ann") and cards_of(review, "bob"))
    assert [card["scores"] for card in cards_of(review, "ann")] == [{"clarity": 3.0}]
    assert [card["scores"] for card in cards_of(review, "bob")] == [{"clarity": 9.0}]
    sent = [json.loads(entry["message"])["message"] for entry in ann.get_log("performance")]
    asked = [
        message["params"]["request"]["url"]
        for message in sent
        if message["method"] == "Network.requestWillBeSent"
    ]
    own = (f"http://localhost:{server.port}", f"ws://localhost:{server.port}", "data:", "blob:")
    assert [url for url in asked if not url.startswith((*own, "chrome"))] == []


def test_the_form_has_no_serious_barrier(served, browsers):
    selenium = pytest.importorskip("axe_core_python.selenium", reason="axe is not installed")
    _, server = served
    driver = opened(browsers, server, "ann")
    to(driver, "clarity")
    press(driver, "11")
    press(driver, Keys.TAB)
    wait_for(lambda: "is no score" in driver.find_element(By.CSS_SELECTOR, ".scorecard").text)
    found = selenium.Axe().run(driver)
    serious = [v["id"] for v in found["violations"] if v["impact"] in ("serious", "critical")]
    assert serious == []
