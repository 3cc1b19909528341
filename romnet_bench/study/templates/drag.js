// Ranking by dragging, with a mouse, a pen or a finger. The list shows at every moment what a drop
// would make of it. A drop outside the list takes a picture out of it.
import { putAt, takeOut } from "./ranking.js";

const SLACK = 6; // pixels that a press may wander and still be a click
const HOLD = 300; // milliseconds that a finger rests before it drags: until then it scrolls
const NEAR = 24; // pixels around the list of places that belong to it

export function bindDrag(board, list) {
  let drag = null; // {pointer, key, source, x, y, waits, timer, ghost, next}
  let dragged = false; // what ends a drag is no click

  function begin() {
    dragged = true;
    drag.source.setPointerCapture(drag.pointer);
    const picture = drag.source.querySelector("img");
    drag.ghost = Object.assign(picture.cloneNode(), { className: "ghost", alt: "" });
    drag.ghost.style.width = "7.5rem"; // its middle is under the pointer, as in study.css
    document.body.append(drag.ghost);
    document.documentElement.classList.add("dragging");
    follow(drag.x, drag.y);
  }

  function follow(x, y) {
    drag.ghost.style.translate = `${x}px ${y}px`;
    const over = placeUnder(x, y);
    const rest = takeOut(board.places(), drag.key);
    drag.next = over === null ? rest : putAt(board.places(), drag.key, over);
    board.show(drag.next);
    board.spots.forEach((spot, index) => spot.classList.toggle("over", index === over));
  }

  // The place nearest to a point in the list; null outside.
  function placeUnder(x, y) {
    if (distance(list, x, y) > NEAR) return null;
    const away = board.spots.map((spot) => distance(spot, x, y));
    return away.indexOf(Math.min(...away));
  }

  function end(dropped) {
    const { key, ghost, next, timer } = drag;
    clearTimeout(timer);
    drag = null;
    if (!ghost) return;
    ghost.remove();
    document.documentElement.classList.remove("dragging");
    for (const spot of board.spots) spot.classList.remove("over");
    board.show(board.places());
    if (!dropped) return;
    const place = next.indexOf(key);
    if (place >= 0) board.put(key, place);
    else if (board.placeOf(key) >= 0) board.takeOut(key);
  }

  function bind(source, keyOf, rests) {
    source.addEventListener("pointerdown", (event) => {
      dragged = false;
      const key = keyOf();
      if (drag || !key || event.button !== 0 || board.isLocked()) return;
      const { pointerId: pointer, clientX: x, clientY: y } = event;
      drag = { pointer, key, source, x, y, waits: rests && event.pointerType === "touch" };
      if (drag.waits) drag.timer = setTimeout(begin, HOLD);
    });
    source.addEventListener("click", (event) => dragged && event.stopImmediatePropagation());
    source.addEventListener("dragstart", (event) => event.preventDefault());
    source.addEventListener("contextmenu", (event) => drag && event.preventDefault());
  }

  const on = (name, act) => {
    addEventListener(name, (event) => event.pointerId === drag?.pointer && act(event));
  };
  on("pointermove", ({ clientX: x, clientY: y }) => {
    if (drag.ghost) return follow(x, y);
    if (Math.hypot(x - drag.x, y - drag.y) < SLACK) return;
    if (drag.waits) return end(false); // a finger that does not rest scrolls
    Object.assign(drag, { x, y });
    begin();
  });
  on("pointerup", () => end(true));
  on("pointercancel", () => end(false));
  // Once a picture is held, a moving finger scrolls no more.
  const options = { passive: false };
  addEventListener("touchmove", (event) => drag?.ghost && event.preventDefault(), options);
  addEventListener("keydown", (event) => event.key === "Escape" && drag && end(false));

  for (const [key, card] of board.cards) bind(card.querySelector(".picture"), () => key, true);
  for (const spot of board.spots) bind(spot, () => spot.dataset.key, false);
}

// From a point to an element's box, in pixels; 0 inside.
function distance(element, x, y) {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
}
