// The ranking as it stands on the page: pictures in the stage, their copies in the list of places.
import { emptyRanking, isComplete, putAt, step, takeOut } from "./ranking.js";

// `changed(places)` is called after each change. Keys name pictures; place 0 is the best.
export function makeBoard(main, changed) {
  const cards = new Map(
    [...main.querySelectorAll(".card[data-key]")].map((card) => [card.dataset.key, card]),
  );
  const keys = [...cards.keys()];
  const spots = [...main.querySelectorAll(".place")];
  const copies = new Map([...cards].map(([key, card]) => [key, copyOf(card)]));
  const spoken = main.querySelector(".spoken");
  const sets = []; // groups of buttons that put a picture at a place
  let places = emptyRanking(keys.length);
  let locked = false;

  const letterOf = (key) => cards.get(key).dataset.letter;

  function say(sentence) {
    spoken.textContent = sentence;
  }

  function describe(key) {
    const place = places.indexOf(key);
    return place < 0
      ? `Picture ${letterOf(key)}, not ranked`
      : `Picture ${letterOf(key)}, place ${place + 1} of ${keys.length}`;
  }

  // Shows a ranking, be it the person's or only what a drop would make of it.
  function show(shown) {
    spots.forEach((spot, index) => {
      const key = shown[index];
      spot.classList.toggle("filled", key !== null);
      spot.dataset.key = key ?? "";
      spot.querySelector(".spot").replaceChildren(...(key === null ? [] : [copies.get(key)]));
      spot.querySelector(".name").textContent = key === null ? "" : letterOf(key);
    });
    for (const [key, card] of cards) card.classList.toggle("is-ranked", shown.includes(key));
    for (const set of sets) showButtons(set.group, set.keyOf(), shown);
  }

  function showButtons(group, key, shown) {
    const put = group.querySelector(".put");
    const ranked = group.querySelector(".ranked");
    group.classList.toggle("without", key === null); // the old photo has no place
    if (key === null) return;
    const place = shown.indexOf(key);
    put.hidden = place >= 0;
    ranked.hidden = place < 0;
    const free = shown.indexOf(null) + 1;
    put.textContent = `Put at ${free}`;
    put.setAttribute("aria-label", `Put at ${free}: picture ${letterOf(key)}`);
    ranked.querySelector(".at").textContent = place + 1;
    const [better, worse] = [".better", ".worse"].map((name) => ranked.querySelector(name));
    better.setAttribute("aria-disabled", place === 0);
    worse.setAttribute("aria-disabled", place === keys.length - 1);
    better.setAttribute("aria-label", `Better: picture ${letterOf(key)}`);
    worse.setAttribute("aria-label", `Worse: picture ${letterOf(key)}`);
    ranked.querySelector(".back").setAttribute("aria-label", `Take out picture ${letterOf(key)}`);
  }

  function change(next, key) {
    if (locked) return;
    places = next;
    show(places);
    for (const [other, card] of cards) {
      card.querySelector(".picture").setAttribute("aria-label", describe(other));
    }
    if (key) say(describe(key) + (isComplete(places) ? ". All are ranked; you can save." : "."));
    changed(places);
  }

  // Makes the buttons in `group` work on the picture that `keyOf()` names, null for none.
  function bindButtons(group, keyOf) {
    const on = (name, act, focusOn) => {
      group.querySelector(name).addEventListener("click", () => {
        if (locked) return;
        act(keyOf());
        group.querySelector(focusOn).focus(); // the button that was pressed may be gone
      });
    };
    on(".put", (key) => board.put(key, places.indexOf(null)), ".better");
    on(".better", (key) => board.move(key, -1), ".better");
    on(".worse", (key) => board.move(key, 1), ".worse");
    on(".back", (key) => board.takeOut(key), ".put");
    sets.push({ group, keyOf });
    showButtons(group, keyOf(), places);
  }

  const board = {
    keys,
    cards,
    spots,
    letterOf,
    describe,
    say,
    show,
    bindButtons,
    places: () => places,
    placeOf: (key) => places.indexOf(key),
    set: (next) => change(next),
    put: (key, place) => change(putAt(places, key, place), key),
    move: (key, by) => change(step(places, key, by), key),
    takeOut: (key) => change(takeOut(places, key), key),
    isLocked: () => locked,
    lock(value) {
      locked = value;
      main.classList.toggle("locked", value);
    },
  };
  for (const [key, card] of cards) bindButtons(card.querySelector(".controls"), () => key);
  show(places);
  return board;
}

function copyOf(card) {
  return card.querySelector("img").cloneNode(); // its letter stands beside it
}
