"use strict";

// Tables: a click on a heading sorts, best first; a second click turns the order round.
for (const table of document.querySelectorAll("table.scores")) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const first = heading.dataset.better === "high" ? "descending" : "ascending";
      const second = first === "ascending" ? "descending" : "ascending";
      const order = heading.getAttribute("aria-sort") === first ? second : first;
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => compareCells(a.cells[column], b.cells[column], sign));
      table.tBodies[0].append(...rows);
    });
  });
}

// Empty cells stay at the end in either order.
function compareCells(a, b, sign) {
  if (!("value" in a.dataset)) return sign * a.textContent.localeCompare(b.textContent);
  if (a.dataset.value === "" || b.dataset.value === "") {
    return (a.dataset.value === "") - (b.dataset.value === "");
  }
  return sign * (Number(a.dataset.value) - Number(b.dataset.value));
}

// Photos: their order on the page.
for (const order of document.querySelectorAll(".order")) {
  order.hidden = false;
  const photos = order.parentElement.querySelector(".photos");
  const byName = [...photos.children];
  const gain = (photo, missing) => ("gain" in photo.dataset ? Number(photo.dataset.gain) : missing);
  order.querySelector("select").addEventListener("change", (event) => {
    const sorted = [...byName];
    if (event.target.value === "worst") sorted.sort((a, b) => gain(a, 1e9) - gain(b, 1e9));
    if (event.target.value === "best") sorted.sort((a, b) => gain(b, -1e9) - gain(a, -1e9));
    photos.append(...sorted);
  });
}

// Comparison: two pictures of one photo, one over the other, divided by a slider.
const dialog = document.getElementById("compare");
const frame = dialog.querySelector(".frame");
const split = document.getElementById("split");
const sides = ["left", "right"].map((name) => ({
  choice: document.getElementById(name),
  picture: document.getElementById(`${name}-picture`),
  facts: document.getElementById(`${name}-facts`),
}));
let shown = null; // the article whose pictures are compared

function shotsOf(photo) {
  return [...photo.querySelectorAll("a.shot")];
}

function show(photo, titles) {
  shown = photo;
  const shots = shotsOf(photo);
  document.getElementById("compare-title").textContent = photo.dataset.id;
  const thumb = shots[0].querySelector("img");
  frame.style.setProperty("--ratio", thumb.getAttribute("width") / thumb.getAttribute("height"));
  sides.forEach((side, index) => {
    side.choice.replaceChildren(...shots.map((shot, i) => new Option(shot.dataset.title, i)));
    const wanted = shots.findIndex((shot) => shot.dataset.title === titles[index]);
    side.choice.value = String(wanted >= 0 ? wanted : Math.min(index, shots.length - 1));
  });
  update();
}

function update() {
  const shots = shotsOf(shown);
  for (const side of sides) {
    const shot = shots[Number(side.choice.value)];
    side.picture.src = shot.href;
    side.picture.alt = `${shown.dataset.id}: ${shot.dataset.title}`;
    side.facts.textContent = [shot.dataset.title, shot.dataset.facts].filter(Boolean).join(" · ");
  }
}

function move(step) {
  const photos = [...shown.parentElement.children].filter((photo) => shotsOf(photo).length > 0);
  const index = (photos.indexOf(shown) + step + photos.length) % photos.length;
  const shots = shotsOf(shown);
  show(photos[index], sides.map((side) => shots[Number(side.choice.value)].dataset.title));
}

function divide() {
  frame.style.setProperty("--split", `${split.value}%`);
}

document.addEventListener("click", (event) => {
  const shot = event.target.closest("a.shot");
  if (!shot || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const photo = shot.closest(".photo");
  const shots = shotsOf(photo);
  // The input against what was clicked; a click on the input itself shows the first output.
  const right = shot === shots[0] && shots.length > 1 ? shots[1] : shot;
  show(photo, [shots[0].dataset.title, right.dataset.title]);
  split.value = 50;
  divide();
  dialog.showModal();
  split.focus();
});

split.addEventListener("input", divide);
for (const side of sides) side.choice.addEventListener("change", update);
document.getElementById("previous").addEventListener("click", () => move(-1));
document.getElementById("next").addEventListener("click", () => move(1));
document.getElementById("close").addEventListener("click", () => dialog.close());
dialog.addEventListener("keydown", (event) => {
  if (event.target.tagName === "SELECT" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "n" || event.key === "N") move(1);
  if (event.key === "p" || event.key === "P") move(-1);
});
