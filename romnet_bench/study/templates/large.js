// The large view: pictures over one another at the same spot, so that flipping shows what differs.

const LARGEST = 2; // times a picture's own size

// Gives a function that opens it at a picture's key, null for the old photo.
export function makeLarge(dialog, main, board) {
  const frame = dialog.querySelector(".frame");
  const tabs = dialog.querySelector(".tabs");
  const views = [null, ...board.keys].map((key) => {
    const card = key === null ? main.querySelector(".old") : board.cards.get(key);
    const name = key === null ? "Old photo" : `Picture ${board.letterOf(key)}`;
    const picture = Object.assign(card.querySelector("img").cloneNode(), { alt: `${name}, large` });
    const tab = Object.assign(document.createElement("button"), {
      type: "button",
      ariaLabel: name,
      textContent: key === null ? "Old" : board.letterOf(key),
    });
    return { key, picture, tab };
  });
  let current = views[0];
  let peeks = false; // the old photo is shown for as long as something is held down

  frame.style.maxWidth = `${LARGEST * main.dataset.width}px`;
  frame.style.maxHeight = `${LARGEST * main.dataset.height}px`;
  frame.append(...views.map((view) => view.picture));
  tabs.append(...views.map((view) => view.tab));
  const controls = dialog.querySelector(".controls");
  board.bindButtons(controls, () => current.key);

  function update() {
    const shown = peeks ? views[0] : current;
    for (const view of views) {
      view.picture.classList.toggle("shown", view === shown);
      view.picture.ariaHidden = view !== shown;
      view.tab.ariaPressed = view === shown;
    }
    board.show(board.places());
  }
  function show(view) {
    current = view;
    update();
    view.tab.focus({ preventScroll: true });
  }
  // Forward and back through the outputs, round and round; the old photo is not among them.
  function flip(by) {
    const outputs = views.slice(1);
    const from = outputs.indexOf(current);
    show(outputs.at((from < 0 && by > 0 ? 0 : from + by) % outputs.length));
  }
  function peek(value) {
    if (peeks === value) return;
    peeks = value;
    update();
  }

  for (const view of views) view.tab.addEventListener("click", () => show(view));
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const place = Number(event.key) - 1;
    if (event.key === "ArrowLeft" || event.key === "ArrowUp") flip(-1);
    else if (event.key === "ArrowRight" || event.key === "ArrowDown") flip(1);
    else if (event.key === "o" || event.key === "O") peek(true);
    else if (event.key === "z" || event.key === "Z") dialog.close();
    else if (/^[1-9]$/.test(event.key) && place < board.keys.length && current.key !== null) {
      board.put(current.key, place);
    } else return;
    event.preventDefault();
  });
  dialog.addEventListener("keyup", (event) => {
    if (event.key === "o" || event.key === "O") peek(false);
  });
  frame.addEventListener("pointerdown", (event) => {
    if (event.isPrimary && event.button === 0) peek(true);
    else peek(false); // two fingers: a pinch, to see it larger still
  });
  for (const name of ["pointerup", "pointercancel", "pointerleave"]) {
    frame.addEventListener(name, () => peek(false));
  }
  frame.addEventListener("contextmenu", (event) => event.preventDefault());
  frame.addEventListener("dragstart", (event) => event.preventDefault());
  dialog.addEventListener("close", () => {
    peek(false);
    board.cards.get(current.key)?.querySelector(".picture").focus();
  });

  return (key) => {
    dialog.showModal();
    show(views.find((view) => view.key === key));
  };
}
