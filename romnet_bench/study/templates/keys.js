// Ranking by the keyboard. A focused picture is moved at once; one that was picked up can be put
// back where it was with Escape.

const MOVES = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

export function bindKeys(board, openLarge) {
  let held = null; // {key, before: the ranking when it was picked up}

  function pickUp(key) {
    held = { key, before: board.places() };
    board.cards.get(key).classList.add("held");
    board.say(
      `${board.describe(key)}, picked up. Arrow keys move it, Space drops it, Escape puts it back.`,
    );
  }
  function letGo(sentence) {
    board.cards.get(held.key).classList.remove("held");
    board.say(`${board.describe(held.key)}, ${sentence}.`);
    held = null;
  }

  function press(event, key) {
    if (event.ctrlKey || event.metaKey || event.altKey || board.isLocked()) return false;
    const place = Number(event.key) - 1;
    if (event.key in MOVES) board.move(key, MOVES[event.key]);
    else if (/^[1-9]$/.test(event.key) && place < board.keys.length) board.put(key, place);
    else if (event.key === "Delete" || event.key === "Backspace") board.takeOut(key);
    else if (event.key === " " && !event.repeat) held ? letGo("dropped") : pickUp(key);
    else if (event.key === " ") return true; // held down: neither again nor a scroll
    else if (event.key === "Enter" && held) letGo("dropped");
    else if (event.key === "Escape" && held) {
      board.set(held.before);
      letGo("put back");
    } else if (event.key === "Enter" || event.key === "z" || event.key === "Z") openLarge(key);
    else return false;
    return true;
  }

  for (const [key, card] of board.cards) {
    const picture = card.querySelector(".picture");
    picture.addEventListener("keydown", (event) => {
      if (press(event, key)) event.preventDefault();
    });
    // A browser presses a button when Space comes up, whatever was done as it went down.
    picture.addEventListener("keyup", (event) => {
      if (event.key === " ") event.preventDefault();
    });
    picture.addEventListener("blur", () => {
      if (held?.key === key) letGo("dropped");
    });
  }
}
