"""The ranking study, end to end: a person in a browser, the real server, its database."""

import dataclasses
import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import numpy as np
import pytest
import uvicorn

from romnet_bench.data.records import PhotoSet
from romnet_bench.files import write_bytes
from romnet_bench.images import encode_png
from romnet_bench.study.answers import Answers, read_answers
from romnet_bench.study.app import make_app
from romnet_bench.study.definition import Definition
from romnet_bench.study.gather import Gathered
from romnet_bench.study.pictures import Shelf
from romnet_bench.study.serve import Place, Words, open_service
from romnet_bench.study.service import Service

# Each method's outputs have a colour of their own: what the screen shows tells whose each one is.
COLOURS = {
    "secret-red": (200, 40, 40),
    "secret-green": (40, 200, 40),
    "secret-blue": (40, 40, 200),
    "secret-gold": (200, 170, 40),
}
RUINED = (0, 0, 0)
GREY = (128, 128, 128)
WIDTH, HEIGHT = 452, 301
REFUSED = r"status of (404|409|422)"
GONE = r"ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE|ERR_FAILED"
Visit = Callable[..., Any]


@dataclasses.dataclass
class Served:
    """A study that runs, can be stopped, and goes on at the same address."""

    service: Service
    database: Path
    port: int = 0
    _end: Callable[[], None] = lambda: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            make_app(self.service), log_level="warning", lifespan="off", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()

        def end() -> None:
            server.should_exit = True
            thread.join(10)
            assert not thread.is_alive()
            listener.close()

        self._end = end

    def stop(self) -> None:
        self._end()
        self._end = lambda: None

    def join(self) -> str:
        """A new person's link."""
        joined = httpx.post(f"{self.url}/join", data={"consent": "yes"})
        assert joined.status_code == 303
        return f"{self.url}{joined.headers['location']}"

    def read(self) -> Answers:
        return read_answers(str(self.database))


def make_study(folder: Path, photos: int, checks: int) -> Served:
    names = tuple(f"photo-{number}" for number in range(photos))
    definition = Definition(
        dataset="tiny",
        split="test",
        fingerprint="0" * 16,
        methods=tuple(COLOURS),
        outputs=tuple(COLOURS),
        photos=names,
        spares=(),
        people=2,
        per_person=photos,
        checks=checks,
        longest_side=WIDTH,
        seed=0,
    )
    shelf = Shelf(folder / "pictures" / definition.hash)
    for photo in range(photos):
        files = {shelf.input(photo): GREY, shelf.ruined(photo): RUINED}
        for method, colour in enumerate(COLOURS.values()):
            files[shelf.output(photo, method)] = colour
        for path, colour in files.items():
            write_bytes(path, encode_png(np.full((HEIGHT, WIDTH, 3), colour, np.uint8)))
    # Every picture is there already, so none is made from a run or a dataset.
    gathered = Gathered(definition, photos=cast(PhotoSet, None), runs=[], notes=[])
    words = Words("Old photos", "I take part freely.", "ask@example.org")
    database = folder / "study.sqlite"
    place = Place(str(database), pictures=folder / "pictures", at_most=99, token="t" * 20)
    return Served(open_service(gathered, words, place), database)


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Served]:
    """A study of three photos and an attention check."""
    served = make_study(tmp_path, photos=3, checks=1)
    served.start()
    yield served
    served.stop()
    served.service.database.close()


@pytest.fixture
def visit(open_page: Any) -> Visit:
    """Opens an address in a fresh profile, and waits for nothing longer than five seconds."""

    def visit_url(url: str, width: int = 1280, height: int = 800, **options: Any) -> Any:
        page = open_page(url, width, height, **options)
        page.set_default_timeout(5000)
        return page

    return visit_url


PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}


def wait_for_trial(page: Any, number: int) -> None:
    page.get_by_text(f"Photo {number} of").wait_for()
    page.locator(".status", has_text="ranked").wait_for()


def seen(page: Any) -> dict[str, str]:
    """Letter → the method whose colour its picture has on the screen ("": the ruined copy)."""
    colours = page.evaluate(
        """() => [...document.querySelectorAll(".card[data-key]")].map((card) => {
          const canvas = Object.assign(document.createElement("canvas"), {width: 1, height: 1});
          const pen = canvas.getContext("2d");
          pen.drawImage(card.querySelector("img"), 0, 0, 1, 1);
          return [card.dataset.letter, [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3)];
        })"""
    )
    names = {colour: name for name, colour in COLOURS.items()} | {RUINED: ""}
    return {letter: names[tuple(colour)] for letter, colour in colours}


def picture(page: Any, letter: str) -> Any:
    return page.locator(f".card[data-letter={letter}] .picture")


def ranking(page: Any) -> str:
    """Letters in the list of places, a dot where one is empty."""
    names = page.locator(".place .name").all_text_contents()
    return "".join(name or "." for name in names)


def drag(page: Any, source: Any, target: Any) -> None:
    start, end = source.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=4)
    page.mouse.up()


def rank_by_buttons(page: Any, letters: str) -> None:
    for place, letter in enumerate(letters, start=1):
        page.get_by_role("button", name=f"Put at {place}: picture {letter}").click()
    assert ranking(page).startswith(letters)


def save(page: Any, next_number: int) -> None:
    page.get_by_role("button", name="Save and next").click()
    wait_for_trial(page, next_number)


def rank_with_mouse(page: Any) -> str:
    """Into the list, within it, out of it, and in again; gives the order that it ends with."""
    save_button = page.get_by_role("button", name="Save and next")
    places = page.locator(".place")
    for letter, place in (("A", 3), ("B", 0), ("C", 1), ("D", 2)):
        assert save_button.is_disabled()
        drag(page, picture(page, letter), places.nth(place))
    assert ranking(page) == "BCDA"
    drag(page, places.nth(3), places.nth(1))  # what stood between makes way
    assert ranking(page) == "BACD"
    drag(page, places.nth(0), page.locator(".old"))
    assert ranking(page) == ".ACD"
    assert save_button.is_disabled()
    drag(page, picture(page, "B"), places.nth(3))
    assert not page.locator("dialog").is_visible()  # to drag is not to click
    return "ACDB"


def rank_with_keys(page: Any) -> str:
    """Digits, arrows, picked up and dropped, put back."""

    def press(letter: str, *keys: str) -> str:
        picture(page, letter).focus()
        for key in keys:
            page.keyboard.press(key)
        return ranking(page)

    spoken = page.locator(".spoken")
    assert press("A", "2") == ".A.."
    assert press("C", "2") == ".CA."  # pushes A to the empty place below
    assert press("B", "ArrowUp") == "BCA."  # to the best empty place
    assert press("D", "ArrowDown") == "BCAD"
    assert press("D", "Space", "ArrowUp", "ArrowLeft") == "BDCA"
    assert press("D", "Escape") == "BCAD"
    assert spoken.inner_text() == "Picture D, place 4 of 4, put back."
    assert press("D", "Space", "1", "Space") == "DBCA"
    assert spoken.inner_text() == "Picture D, place 1 of 4, dropped."
    assert press("D", "Escape") == "DBCA"  # nothing is held any more
    assert press("B", "Delete") == "D.CA"
    press("B", "ArrowLeft")
    return "DBCA"


def rank_with_buttons(page: Any) -> str:
    """Put, better, worse, taken out, put again."""
    rank_by_buttons(page, "CADB")
    for name in ("Better: picture B", "Worse: picture C", "Take out picture A"):
        page.get_by_role("button", name=name).click()
    assert ranking(page) == ".CBD"
    page.get_by_role("button", name="Put at 1: picture A").click()
    return "ACBD"


def test_person_ranks_in_every_way_and_the_answers_are_what_was_seen(
    study: Served, visit: Visit
) -> None:
    page = visit(study.url)
    page.get_by_role("button", name="Begin").click()
    assert page.url == f"{study.url}/"  # no consent, no study
    page.get_by_label("I have read this").check()
    page.get_by_role("button", name="Begin").click()
    expected = []

    def note(order: str) -> None:
        assert ranking(page) == order
        colours = seen(page)
        expected.append([colours[letter] for letter in order])

    wait_for_trial(page, 1)
    page.get_by_text("How to rank").click()  # so that all is in view
    note(rank_with_mouse(page))
    save(page, 2)
    order = rank_with_keys(page)
    page.reload()  # in the middle: what was ranked is kept
    wait_for_trial(page, 2)
    note(order)
    page.keyboard.press("Control+Enter")
    wait_for_trial(page, 3)
    page.get_by_text("Leave and come back").click()
    link = page.get_by_role("textbox", name="Your personal link").input_value()
    page = visit(link)  # another device, by the personal link
    wait_for_trial(page, 3)
    note(rank_with_buttons(page))
    save(page, 4)
    rank_by_buttons(page, "DCBA")
    note("DCBA")
    page.get_by_role("button", name="Save and next").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    assert "All 4 photos are ranked" in page.locator("main").inner_text()

    answers = study.read()
    assert answers.people == 1
    assert sum("" in wanted for wanted in expected) == 1  # the attention check
    for wanted, answer in zip(expected, answers.answers, strict=True):
        if "" in wanted:
            assert answer.check == ("passed" if wanted[-1] == "" else "failed")
        else:
            assert answer.check == ""
        shown = [name or (set(COLOURS) - set(wanted)).pop() for name in wanted]
        assert list(answer.ranking) == shown
        assert 0 < answer.seconds < 60


def test_server_that_goes_away_loses_nothing(study: Served, visit: Visit) -> None:
    page = visit(study.join(), expected=GONE)
    wait_for_trial(page, 1)
    rank_by_buttons(page, "BADC")
    wanted = [seen(page)[letter] for letter in "BADC"]
    study.stop()
    page.get_by_role("button", name="Save and next").click()
    again = page.get_by_role("button", name="Try again now")
    again.wait_for()
    assert page.locator(".status").inner_text() == "Not saved yet"
    assert "cannot be reached" in page.get_by_role("alert").inner_text()
    assert "Saved" not in page.locator("main").inner_text()
    again.click()  # still gone
    again.wait_for()
    assert ranking(page) == "BADC"
    assert study.read().answers == ()
    study.start()
    again.click()
    wait_for_trial(page, 2)
    assert [list(answer.ranking) for answer in study.read().answers] == [wanted]
    assert page.evaluate("Object.keys(localStorage).length") <= 1  # the new trial's own


def test_page_left_while_saving_is_saved_on_return(study: Served, visit: Visit) -> None:
    page = visit(study.join(), expected=GONE)
    wait_for_trial(page, 1)
    rank_by_buttons(page, "ABCD")
    page.route("**/answers", lambda route: route.abort())
    page.get_by_role("button", name="Save and next").click()
    page.get_by_role("button", name="Try again now").wait_for()
    page.unroute("**/answers")
    page.reload()
    wait_for_trial(page, 2)  # sent by itself: the person had pressed the button
    assert len(study.read().answers) == 1


def test_answer_whose_reply_was_lost_counts_once(study: Served, visit: Visit) -> None:
    page = visit(study.join(), expected=GONE)
    wait_for_trial(page, 1)

    def lose(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route("**/answers", lose, times=1)
    rank_by_buttons(page, "ABCD")
    page.get_by_role("button", name="Save and next").click()
    page.get_by_role("button", name="Try again now").click()
    wait_for_trial(page, 2)
    assert len(study.read().answers) == 1


def test_double_click_sends_once(study: Served, visit: Visit) -> None:
    page = visit(study.join())
    wait_for_trial(page, 1)
    sent = []
    page.on("request", lambda request: sent.append(request.method))
    rank_by_buttons(page, "ABCD")
    page.get_by_role("button", name="Save and next").dblclick()
    wait_for_trial(page, 2)
    assert sent.count("POST") == 1


def test_refusal_is_said_and_leads_on(study: Served, visit: Visit) -> None:
    link = study.join()
    page = visit(link, expected=REFUSED)
    wait_for_trial(page, 1)
    trial = page.locator("main").get_attribute("data-trial")
    keys = page.locator(".card[data-key]").evaluate_all(
        "(cards) => cards.map((c) => c.dataset.key)"
    )
    elsewhere = {"trial": trial, "ranking": keys[::-1], "seconds": 1}
    assert httpx.post(f"{link}/answers", json=elsewhere).status_code == 200
    rank_by_buttons(page, "ABCD")
    page.get_by_role("button", name="Save and next").click()
    page.get_by_role("alert").filter(has_text="ranked before").wait_for()
    assert page.locator(".status").inner_text() == "Not saved"
    page.get_by_role("link", name="Load this page again").click()
    wait_for_trial(page, 2)
    assert ranking(page) == "...."
    assert len(study.read().answers) == 1


def test_finger_drags_after_a_rest_and_scrolls_without(study: Served, visit: Visit) -> None:
    page = visit(study.join(), **PHONE)
    wait_for_trial(page, 1)
    page.get_by_text("How to rank").click()
    page.evaluate("scrollTo(0, 40)")
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *point: float) -> None:
        points = [{"x": point[0], "y": point[1]}] if point else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def middle(locator: Any) -> tuple[float, float]:
        box = locator.bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    x, y = middle(picture(page, "A"))
    send("touchStart", x, y)
    page.locator(".ghost").wait_for()
    to_x, to_y = middle(page.locator(".place").nth(2))
    for part in (0.3, 0.6, 1.0):
        send("touchMove", x + part * (to_x - x), y + part * (to_y - y))
    send("touchEnd")
    assert ranking(page) == "..A."
    assert page.evaluate("scrollY") == 40
    send("touchStart", x, y)
    for part in range(1, 8):
        send("touchMove", x, y - 15 * part)
    send("touchEnd")
    page.wait_for_function("scrollY > 60")
    assert ranking(page) == "..A."
    assert not page.locator("dialog").is_visible()
    small = page.locator("button:visible, summary:visible, .place").evaluate_all(
        """(all) => all.map((e) => [e.textContent.trim(), e.getBoundingClientRect()])
          .filter(([, box]) => box.width < 44 || box.height < 44).map(([text]) => text)"""
    )
    assert small == []


def test_pictures_are_all_of_one_size_and_fit(study: Served, visit: Visit) -> None:
    link = study.join()
    for options, widths in ((PHONE, (320, 390, 844)), ({}, (1440, 800))):
        page = visit(link, **options)
        wait_for_trial(page, 1)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 800})
            check_sizes(page, width)
            if ranking(page) == "....":
                rank_by_buttons(page, "ABCD")
                check_sizes(page, width)


def check_sizes(page: Any, width: int) -> None:
    page.evaluate("new Promise(requestAnimationFrame)")
    sizes = page.locator(".stage img").evaluate_all(
        "(all) => all.map((e) => e.getBoundingClientRect()).map((b) => [b.width, b.height])"
    )
    assert len(sizes) == 5
    assert len({tuple(size) for size in sizes}) == 1
    assert all(side == int(side) and side >= 80 for side in sizes[0])
    assert page.evaluate("document.documentElement.scrollWidth") == width
    over = page.locator(".card").evaluate_all(
        """(cards) => cards.filter((c) => [...c.querySelectorAll("*")].some((e) =>
          e.getBoundingClientRect().right > c.getBoundingClientRect().right + 0.5)).length"""
    )
    assert over == 0


def test_large_view_flips_at_the_same_spot(study: Served, visit: Visit) -> None:
    page = visit(study.join())
    wait_for_trial(page, 1)
    picture(page, "B").click()
    dialog = page.get_by_role("dialog")
    shown = dialog.locator(".frame .shown")

    def showing() -> tuple[str, Any]:
        assert shown.count() == 1
        return shown.get_attribute("alt"), shown.bounding_box()

    name, box = showing()
    assert name == "Picture B, large"
    assert box["width"] > 1.5 * WIDTH
    for key, wanted in (("ArrowRight", "C"), ("ArrowRight", "D"), ("ArrowRight", "A")):
        page.keyboard.press(key)
        assert showing() == (f"Picture {wanted}, large", box)
    page.keyboard.press("ArrowLeft")
    page.keyboard.down("o")
    assert showing() == ("Old photo, large", box)
    page.keyboard.up("o")
    assert showing() == ("Picture D, large", box)
    page.mouse.move(box["x"] + 9, box["y"] + 9)
    page.mouse.down()
    assert showing()[0] == "Old photo, large"
    page.mouse.up()
    assert showing()[0] == "Picture D, large"
    page.keyboard.press("3")
    dialog.get_by_role("button", name="Better: picture D").click()
    dialog.get_by_role("button", name="Picture C", exact=True).click()
    dialog.get_by_role("button", name="Put at 1: picture C").click()
    dialog.get_by_role("button", name="Old photo").click()
    assert not dialog.locator(".controls :visible").count()
    page.keyboard.press("ArrowRight")
    assert showing()[0] == "Picture A, large"
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert ranking(page) == "CD.."
    # The browser first gives the focus back to where it was; then the page moves it.
    page.wait_for_function(
        "document.activeElement.getAttribute('aria-label') === 'Picture A, not ranked'"
    )
    page.keyboard.press("z")
    assert dialog.is_visible()


def luminance(colour: str) -> float:
    """WCAG 2.2's relative luminance."""
    channels = [int(value) / 255 for value in re.findall(r"\d+", colour)[:3]]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in channels]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("dark", [False, True])
def test_words_stand_out_and_controls_have_names(study: Served, open_page: Any, dark: bool) -> None:
    page = open_page(study.join(), dark=dark)
    wait_for_trial(page, 1)
    rank_by_buttons(page, "AB")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused) == "Better: picture B"  # the button pressed has gone
    colours = page.evaluate(
        """() => {
          const behind = (element) => {
            for (let e = element; e; e = e.parentElement) {
              const { backgroundColor } = getComputedStyle(e);
              if (backgroundColor !== "rgba(0, 0, 0, 0)") return backgroundColor;
            }
          };
          return [...document.body.querySelectorAll("*")]
            .filter((e) => e.checkVisibility() && [...e.childNodes].some(
              (node) => node.nodeType === 3 && node.data.trim()))
            .map((e) => [e.textContent.trim(), getComputedStyle(e).color, behind(e)]);
        }"""
    )
    assert len(colours) > 20
    for text, front, back in colours:
        light, low = sorted((luminance(front), luminance(back)), reverse=True)
        assert (light + 0.05) / (low + 0.05) >= 4.5, (text, front, back)
    # Around the pictures nothing has a hue.
    for _, front, back in colours:
        for colour in (front, back):
            assert len(set(re.findall(r"\d+", colour)[:3])) == 1, colour

    names = page.locator("main").aria_snapshot()
    assert 'button "Picture A, place 1 of 4"' in names
    assert 'button "Picture D, not ranked"' in names
    assert 'button "Better: picture A" [disabled]' in names
    assert 'button "Save and next" [disabled]' in names
    assert not re.search(r"button$|button:$|img$", names, re.MULTILINE)  # without a name
    page.get_by_role("button", name="The old photo").focus()
    order = []
    for _ in range(9):
        page.keyboard.press("Tab")
        order.append(page.evaluate(focused))
    assert order == [
        "Picture A, place 1 of 4",
        "Better: picture A",
        "Worse: picture A",
        "Take out picture A",
        "Picture B, place 2 of 4",
        "Better: picture B",
        "Worse: picture B",
        "Take out picture B",
        "Picture C, not ranked",
    ]
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert float(outline.removesuffix("px")) >= 2


def test_stopping_deletes_everything(study: Served, visit: Visit) -> None:
    link = study.join()
    page = visit(link, expected=REFUSED)
    wait_for_trial(page, 1)
    rank_by_buttons(page, "ABCD")
    save(page, 2)
    page.get_by_text("Stop and delete my answers").click()
    page.get_by_role("button", name="Yes, delete my answers").click()
    page.get_by_role("heading", name="Your answers are deleted").wait_for()
    assert study.read().people == 0
    assert study.read().answers == ()
    assert page.evaluate("Object.keys(localStorage)") == []
    assert page.goto(link).status == 404


def test_nothing_tells_whose_a_picture_is(study: Served, visit: Visit) -> None:
    received: list[Any] = []
    page = visit(study.url)
    page.on("response", lambda response: received.extend([response]))
    page.get_by_label("I have read this").check()
    page.get_by_role("button", name="Begin").click()
    wait_for_trial(page, 1)
    assert len(received) > 15
    for response in received:
        said = f"{response.url} {response.all_headers()}"
        if response.status == 200 and "image" not in response.headers["content-type"]:
            said += response.text()
        assert "secret" not in said.lower()


def test_without_script_one_may_join_and_is_told(study: Served, visit: Visit) -> None:
    page = visit(study.url, java_script_enabled=False, **PHONE)
    page.get_by_label("I have read this").check()
    page.get_by_role("button", name="Begin").click()
    assert "Ranking needs JavaScript" in page.locator(".notice").inner_text()
    assert not page.get_by_role("button", name="Put at").count()
    page.get_by_text("Stop and delete my answers").click()
    page.get_by_role("button", name="Yes, delete my answers").click()
    page.get_by_role("heading", name="Your answers are deleted").wait_for()


def test_picture_that_does_not_come_stops_the_trial_until_it_does(
    study: Served, visit: Visit
) -> None:
    link = study.join()
    page = visit(study.url, expected=GONE)
    page.route(re.compile("/p/"), lambda route: route.abort(), times=2)
    page.goto(link)
    page.get_by_role("alert").filter(has_text="did not load").wait_for()
    rank_by_buttons(page, "ABCD")
    assert page.get_by_role("button", name="Save and next").is_disabled()
    page.get_by_role("button", name="Try again now").click()
    page.get_by_text("All 4 ranked").wait_for()
    assert page.get_by_role("button", name="Save and next").is_enabled()
    assert "" not in seen(page).values()


def test_hidden_page_does_not_count_as_time(study: Served, visit: Visit) -> None:
    page = visit(study.url)
    shown, hidden = page.evaluate(
        """async () => {
          const { makeClock } = await import("/static/clock.js");
          const turn = (hidden) => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
          };
          const wait = (ms) => new Promise((done) => setTimeout(done, ms));
          const clock = makeClock(100);
          clock.start();
          await wait(60);
          turn(true);
          const shown = clock.read();
          await wait(120);
          const hidden = clock.read();
          turn(false);
          return [shown, hidden];
        }"""
    )
    assert 100.05 <= shown < 101
    assert hidden == shown


def put(places: list[str | None], key: str, place: int) -> list[str | None]:
    """What `putAt` of ranking.js promises, written as moves in a list of those that are ranked."""
    rest = [None if other == key else other for other in places]
    if key in places:
        old = places.index(key)
        holes = [hole for hole in range(len(places)) if rest[hole] is None]
        between = [hole for hole in holes if min(old, place) <= hole <= max(old, place)]
        hole = min(between, key=lambda each: abs(each - place))
    else:
        holes = [hole for hole in range(len(places)) if rest[hole] is None]
        hole = min(holes, key=lambda each: (abs(each - place), each < place))
    rest.pop(hole)
    rest.insert(place, key)
    return rest


def test_places_change_as_a_list_would(study: Served, visit: Visit) -> None:
    page = visit(study.url)
    generator = np.random.default_rng(0)
    moves = [
        (str(key), int(place), bool(out))
        for key, place, out in zip(
            generator.choice(list("ABCDE"), 400),
            generator.integers(0, 5, 400),
            generator.random(400) < 0.25,
            strict=True,
        )
    ]
    states = page.evaluate(
        """async (moves) => {
          const { emptyRanking, putAt, takeOut } = await import("/static/ranking.js");
          let places = emptyRanking(5);
          return moves.map(([key, place, out]) => {
            places = out ? takeOut(places, key) : putAt(places, key, place);
            return places;
          });
        }""",
        moves,
    )
    places: list[str | None] = [None] * 5
    for (key, place, out), state in zip(moves, states, strict=True):
        if out:
            places = [None if other == key else other for other in places]
        else:
            places = put(places, key, place)
        assert state == places
