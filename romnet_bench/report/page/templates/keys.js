// Keys: in a comparison, and on the page.
const keysDialog = document.getElementById("keys");
for (const button of document.querySelectorAll(".show-keys")) {
  button.addEventListener("click", () => keysDialog.showModal());
}
document.getElementById("close-keys").addEventListener("click", () => keysDialog.close());

const STEP = 60; // pixels that an arrow moves a zoomed picture by
const arrows = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };
const comparisonKeys = new Map([
  ["n", () => goTo(1)],
  ["p", () => goTo(-1)],
  ["x", swap],
  ["w", () => setMode("wipe")],
  ["s", () => setMode("pair")],
  ["d", () => setMode("difference")],
  ["z", () => showActual()],
  ["0", fitWhole],
  ["+", actions.larger],
  ["=", actions.larger],
  ["-", actions.smaller],
  ["]", () => cycle(sides[1], 1)],
  ["[", () => cycle(sides[1], -1)],
  ["}", () => cycle(sides[0], 1)],
  ["{", () => cycle(sides[0], -1)],
  ["?", () => keysDialog.showModal()],
]);

function pressInComparison(event) {
  const digit = /^Digit([1-9])$/.exec(event.code);
  if (digit) choose(sides[event.shiftKey ? 0 : 1], Number(digit[1]) - 1);
  else if (event.shiftKey && event.key in arrows) pan(...arrows[event.key]);
  else if (comparisonKeys.has(event.key.toLowerCase())) comparisonKeys.get(event.key.toLowerCase())();
  else return isSliderKey(event);
  return true;
}

// The arrows move the slider wherever the focus is, except where they choose something else.
function isSliderKey(event) {
  if (!["ArrowLeft", "ArrowRight"].includes(event.key) || split.disabled) return false;
  if (event.target.matches("input")) return false;
  split.value = Number(split.value) + (event.key === "ArrowRight" ? 0.5 : -0.5);
  layOut();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || keysDialog.open) return;
  if (event.target.matches("select, input:not([type=range], [type=radio], [type=checkbox])")) return;
  if (dialog.open) {
    if (pressInComparison(event)) event.preventDefault();
    return;
  }
  const photo = event.target.closest(".photo");
  const step = { n: 1, p: -1 }[event.key.toLowerCase()];
  if (step) {
    const next = photo ? neighbour(photo, step) : nearestPhoto(step);
    if (next?.hidden) galleryOf(next).unfold();
    focusPhoto(next);
  } else if (event.key.toLowerCase() === "m") showNextMetric();
  else if (event.key === "?") keysDialog.showModal();
});
