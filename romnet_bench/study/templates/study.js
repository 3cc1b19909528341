// One trial: what a person does becomes a ranking, which is kept, sent, and done with.
import { makeBoard } from "./board.js";
import { makeClock } from "./clock.js";
import { forgetDrafts, makeDraft } from "./draft.js";
import { bindDrag } from "./drag.js";
import { fitStage } from "./fit.js";
import { bindKeys } from "./keys.js";
import { makeLarge } from "./large.js";
import "./link.js";
import { loadPictures } from "./pictures.js";
import { isComplete, isRanking } from "./ranking.js";
import { save } from "./saving.js";

const main = document.querySelector("main");
const find = (name) => main.querySelector(name);
const [status, trouble, button] = [".status", ".trouble", ".save"].map(find);
const [again, anew] = [".again", ".anew"].map(find);
const { base, trial } = main.dataset;
const draft = makeDraft(base, trial);
const kept = draft.read();
const clock = makeClock(Number.isFinite(kept.seconds) && kept.seconds > 0 ? kept.seconds : 0);
const board = makeBoard(main, update);
let sees = false; // whether every picture is there
let pending = null; // the answer being sent

function update() {
  const places = board.places();
  const ranked = places.filter((key) => key !== null).length;
  const count = places.length;
  const words = { 0: `None of ${count} ranked`, [count]: `All ${count} ranked` };
  const said = words[ranked] ?? `${ranked} of ${count} ranked`;
  status.textContent = sees ? said : "Loading the pictures…";
  button.disabled = !sees || pending !== null || !isComplete(places);
  keep();
}

function keep() {
  const seconds = pending ? pending.seconds : clock.read();
  draft.keep({ places: board.places(), seconds, pending: pending !== null });
}

function tell(sentence, retry) {
  trouble.textContent = sentence;
  again.hidden = !retry;
  again.onclick = () => {
    again.hidden = true;
    trouble.textContent = "";
    retry();
  };
}

function show(state) {
  status.textContent = state;
  board.say(state);
}

async function send(seconds) {
  if (pending) return; // a second click
  pending = { trial, ranking: board.places(), seconds: Math.round(1000 * seconds) / 1000 };
  board.lock(true);
  update();
  anew.hidden = true;
  tell("");
  show("Saving…");
  const result = await save(`${base}/answers`, pending, (sentence, retry) => {
    show("Not saved yet");
    tell(`${sentence} Your ranking is kept here and sent again until it is saved.`, retry);
  });
  tell("");
  if (result.saved) {
    show("Saved");
    forgetDrafts(base);
    location.replace(base);
    return;
  }
  pending = null;
  board.lock(false);
  update();
  show("Not saved");
  tell(result.refused);
  anew.hidden = false;
}

forgetDrafts(base, trial);
fitStage(main);
const openLarge = makeLarge(document.querySelector("dialog"), main, board);
bindDrag(board, find(".places"));
bindKeys(board, openLarge);
for (const [key, card] of [[null, find(".old")], ...board.cards]) {
  card.querySelector(".picture").addEventListener("click", () => openLarge(key));
}
for (const spot of board.spots) {
  spot.addEventListener("click", () => spot.dataset.key && openLarge(spot.dataset.key));
}
button.addEventListener("click", () => send(clock.read()));
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !button.disabled) send(clock.read());
});
addEventListener("pagehide", keep);

if (isRanking(kept.places, board.keys)) board.set(kept.places);
main.classList.add("ready");
update();
if (kept.pending && isComplete(board.places())) send(clock.read());
await loadPictures([...main.querySelectorAll(".stage img")], tell);
sees = true;
clock.start();
if (!pending) update();
