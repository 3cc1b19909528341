"""The study's pages as HTML: what they say, what they escape, what they load."""

import dataclasses
import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from romnet_bench.study.pages import (
    CSP,
    PictureView,
    StudyText,
    TrialView,
    asset,
    full_page,
    message_page,
    stopped_page,
    thanks_page,
    trial_page,
    welcome_page,
)

HOSTILE = (
    "</title></script><script>alert(1)</script><img src=x onerror=alert(2)>\" ' {{ 7*7 }} &amp;"
)
STUDY = StudyText("Old photos", 105, "You take part freely.\n\nYou may stop.", "ask@example.org")
TRIAL = TrialView(
    trial="c0ffee",
    link="Abc_-123",
    number=3,
    total=105,
    input="/s/Abc_-123/p/in",
    outputs=tuple(
        PictureView(f"key{letter}", f"/s/Abc_-123/p/key{letter}", letter) for letter in "ABC"
    ),
    width=640,
    height=427,
)
PAGES = {
    "welcome": welcome_page(STUDY),
    "trial": trial_page(TRIAL),
    "thanks": thanks_page("Abc_-123", 105),
    "message": message_page("Sorry", "This is a sentence."),
    "full": full_page(),
    "stopped": stopped_page(),
}


class Page(HTMLParser):
    """Tags and text of a page, as a browser would read them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def outline(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(attributes)) for tag, attributes in self.tags]


def test_outputs_stand_in_the_order_given_with_nothing_but_letters() -> None:
    page = Page(PAGES["trial"])
    cards = [tag for tag in page.all("li") if "data-key" in tag]
    assert [(card["data-key"], card["data-letter"]) for card in cards] == [
        ("keyA", "A"),
        ("keyB", "B"),
        ("keyC", "C"),
    ]
    pictures = page.all("img")
    assert [picture["src"] for picture in pictures] == [
        TRIAL.input,
        *(output.url for output in TRIAL.outputs),
    ]
    assert {(picture["width"], picture["height"]) for picture in pictures} == {("640", "427")}
    assert {picture["alt"] for picture in pictures} == {""}  # named by their buttons
    main = page.all("main")[0]
    assert (main["data-trial"], main["data-base"]) == ("c0ffee", "/s/Abc_-123")
    (progress,) = page.all("progress")
    assert (progress["value"], progress["max"]) == ("2", "105")
    assert "Photo 3 of 105" in page.text


def test_every_place_begins_empty_and_saving_is_not_possible_yet() -> None:
    page = Page(PAGES["trial"])
    places = [tag for tag in page.all("li") if "data-place" in tag]
    assert [place["data-place"] for place in places] == ["0", "1", "2"]
    assert not any("data-key" in place for place in places)
    (save,) = [tag for tag in page.all("button") if "save" in tag["class"].split()]
    assert "disabled" in save


def test_link_is_shown_first_of_all_on_the_first_trial_and_always_at_the_end() -> None:
    first, later = (
        Page(trial_page(dataclasses.replace(TRIAL, number=number))) for number in (1, 2)
    )
    assert [len([p for p in page.all("p") if "data-link" in p]) for page in (first, later)] == [
        2,
        1,
    ]
    assert ["open" in page.all("details")[0] for page in (first, later)] == [True, False]


@pytest.mark.parametrize("name", ["trial", "thanks"])
def test_stopping_is_a_plain_form_that_asks_first(name: str) -> None:
    page = Page(PAGES[name])
    (form,) = page.all("form")
    assert (form["method"], form["action"]) == ("post", "/s/Abc_-123/withdraw")
    within = PAGES[name][: PAGES[name].index("<form")]
    assert within.rindex("<details") > within.rfind("</details>")  # closed until it is asked for


def test_joining_needs_one_consent_and_no_script() -> None:
    page = Page(PAGES["welcome"])
    assert not page.all("script")
    (form,) = page.all("form")
    assert (form["method"], form["action"]) == ("post", "/join")
    (box,) = page.all("input")
    assert (box["type"], box["name"], box["value"]) == ("checkbox", "consent", "yes")
    assert "required" in box
    assert "checked" not in box
    assert "You take part freely." in page.text
    assert "105 old photos" in page.text


@pytest.mark.parametrize(
    ("photos", "said"),
    [
        (1, "1 old photo,"),
        (15, "8 to 15 minutes"),
        (105, "53 to 105 minutes"),
        (200, "1 to 4 hours"),
    ],
)
def test_how_long_it_takes(photos: int, said: str) -> None:
    text = Page(welcome_page(dataclasses.replace(STUDY, photos=photos))).text
    assert said in text


def test_consent_keeps_its_paragraphs() -> None:
    study = dataclasses.replace(STUDY, consent="\n one\ntwo \n \t\n\n\nthree\n", contact="")
    page = Page(welcome_page(study))
    assert re.search(r"<p>one\ntwo</p>\s*<p>three</p>", welcome_page(study))
    assert "Questions" not in page.text


@pytest.mark.parametrize("text", PAGES.values(), ids=PAGES.keys())
def test_nothing_is_inline_and_nothing_is_elsewhere(text: str) -> None:
    page = Page(text)
    assert not page.all("style")
    for tag, attributes in page.tags:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")], tag
    assert not re.search(r"<script[^>]*>[^<]", text)
    for tag, attributes in page.tags:
        for name in ("src", "href", "action"):
            link = attributes.get(name, "data:,")
            assert link == "data:," or re.match(r"/(static|s|join)(/|$)", link), (tag, link)


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
@example(HOSTILE, HOSTILE, HOSTILE)
@settings(max_examples=40, deadline=None)
def test_whatever_the_owner_writes_is_text(title: str, consent: str, contact: str) -> None:
    # The words around decide which tags there are; what an owner writes never does.
    plain = StudyText("x", 9, "x" if consent.strip() else "", "x" if contact else "")
    study = StudyText(title, 9, re.sub(r"\n", " ", consent), contact)
    page = Page(welcome_page(study))
    assert page.outline == Page(welcome_page(plain)).outline
    for words in (title, study.consent.strip(), contact):
        assert re.sub(r"\r\n?", "\n", words) in re.sub(r"\r\n?", "\n", page.text)


def test_hostile_sentences_keys_and_links_are_text() -> None:
    message = Page(message_page(HOSTILE, HOSTILE))
    assert message.outline == Page(PAGES["message"]).outline
    assert message.text.count(HOSTILE) == 3
    hostile = TrialView(
        HOSTILE,
        HOSTILE,
        3,
        105,
        HOSTILE,
        tuple(PictureView(HOSTILE, HOSTILE, HOSTILE) for _ in range(3)),
        640,
        427,
    )
    page = Page(trial_page(hostile))
    assert page.outline == Page(PAGES["trial"]).outline
    assert page.all("main")[0]["data-trial"] == HOSTILE
    (form,) = page.all("form")
    assert re.fullmatch(r"/s/[\w.%/-]*/withdraw", form["action"])


def test_every_file_that_is_loaded_exists() -> None:
    wanted = {link for text in PAGES.values() for link in re.findall(r"/static/([^\"]+)", text)}
    assert {"study.css", "study.js", "link.js"} <= wanted
    for name in wanted:
        content, media_type = asset(name)
        kind = "css" if name.endswith(".css") else "javascript"
        assert media_type == f"text/{kind}; charset=utf-8"
        imports = set(re.findall(r'(?:from|import) "\./([^"]+)"', content.decode()))
        assert imports <= wanted, name


@pytest.mark.parametrize("name", ["", "trial.html.j2", "../pages.py", "pages.py", "STUDY.CSS"])
def test_no_other_file_is_given(name: str) -> None:
    with pytest.raises(KeyError):
        asset(name)


def test_policy_forbids_what_is_inline_and_what_is_elsewhere() -> None:
    policy = dict(part.split(" ", 1) for part in CSP.split("; "))
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in CSP
    assert "*" not in CSP
    assert policy["frame-ancestors"] == "'none'"
    for kind in ("script-src", "style-src", "connect-src", "form-action"):
        assert policy[kind] == "'self'"
