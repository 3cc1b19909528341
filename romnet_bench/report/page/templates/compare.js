// A comparison of two pictures of one photo.
const sides = ["left", "right"].map((name, index) => ({
  choice: document.getElementById(name),
  facts: document.getElementById(`${name}-facts`),
  picture: pictures[index],
}));
let compared = null; // the photo whose pictures are compared
let opener = null; // the link that was clicked

// Shows the pictures of two columns, or others where the photo lacks one of them.
function show(photo, columns) {
  compared = photo;
  const shots = shotsOf(photo);
  document.getElementById("compare-title").textContent = photo.querySelector("h4 bdi").textContent;
  sides.forEach((side, index) => {
    side.choice.replaceChildren(
      ...shots.map((shot) => new Option(shot.dataset.title, shot.dataset.column)),
    );
    const wanted = shots.findIndex((shot) => shot.dataset.column === columns[index]);
    side.choice.selectedIndex = wanted >= 0 ? wanted : Math.min(index, shots.length - 1);
  });
  updatePictures();
}

function shotOf(side) {
  return shotsOf(compared).find((shot) => shot.dataset.column === side.choice.value);
}

function updatePictures() {
  document.getElementById("missing").textContent = "";
  for (const side of sides) {
    const shot = shotOf(side);
    const small = shot.querySelector("img");
    side.picture.dataset.small = small.src;
    side.picture.alt = small.alt;
    const address = shot.querySelector("a").href;
    if (side.picture.src !== address) side.picture.src = address;
    const title = document.createElement("bdi");
    title.textContent = shot.dataset.title;
    title.className = "clamp";
    const facts = [...shot.querySelectorAll("figcaption span")].filter(
      ({ dataset: { metric } }) => !shownMetric || !metric || metric === shownMetric,
    );
    side.facts.replaceChildren(title, ` ${facts.map((fact) => fact.textContent).join(" · ")}`);
  }
  measurePicture();
}

// The pictures of a photo are of one size; until one is there, its thumbnail says the shape.
function measurePicture() {
  const loaded = pictures.find((picture) => picture.complete && picture.naturalWidth > 0);
  const small = shotOf(sides[1]).querySelector("img");
  view.width = loaded ? loaded.naturalWidth : Number(small.getAttribute("width"));
  view.height = loaded ? loaded.naturalHeight : Number(small.getAttribute("height"));
  layOut();
}

for (const picture of pictures) {
  picture.addEventListener("load", measurePicture);
  picture.addEventListener("error", () => {
    if (picture.src === picture.dataset.small) return;
    picture.src = picture.dataset.small;
    document.getElementById("missing").textContent =
      "The large picture is missing, so a small copy is shown: keep the folder “images” beside this page.";
  });
}

function columnsNow() {
  return sides.map((side) => side.choice.value);
}

function goTo(step) {
  show(neighbour(compared, step), columnsNow());
}

function choose(side, place) {
  if (place < 0 || place >= side.choice.length) return;
  side.choice.selectedIndex = place;
  updatePictures();
}

function cycle(side, step) {
  choose(side, (side.choice.selectedIndex + step + side.choice.length) % side.choice.length);
}

function swap() {
  const [left, right] = columnsNow();
  sides[0].choice.value = right;
  sides[1].choice.value = left;
  updatePictures();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.shot");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const shots = shotsOf(link.closest(".photo"));
  const clicked = link.closest("figure");
  // The input against what was clicked; a click on the input itself shows the first output.
  const right = clicked === shots[0] && shots.length > 1 ? shots[1] : clicked;
  split.value = 50;
  opener = link;
  link.focus();
  dialog.showModal();
  show(link.closest(".photo"), [shots[0].dataset.column, right.dataset.column]);
  setMode(stage.dataset.mode);
  fitWhole();
  (split.disabled ? document.getElementById("right") : split).focus();
});

dialog.addEventListener("close", () => {
  const gallery = galleryOf(compared);
  if (compared.hidden) gallery.unfold();
  // The browser gives the focus back to the opener, and says so late: a key may have moved it on.
  if (![opener, document.body].includes(document.activeElement)) return;
  shotOf(sides[1])?.querySelector("a").focus();
});
for (const side of sides) side.choice.addEventListener("change", updatePictures);
for (const radio of dialog.querySelectorAll("[name=mode]")) {
  radio.addEventListener("change", () => setMode(radio.value));
}

const actions = {
  swap,
  fit: fitWhole,
  actual: () => showActual(),
  smaller: () => zoomTo(currentScale() / 1.5),
  larger: () => zoomTo(currentScale() * 1.5),
  previous: () => goTo(-1),
  next: () => goTo(1),
  close: () => dialog.close(),
};
for (const [id, action] of Object.entries(actions)) {
  document.getElementById(id).addEventListener("click", action);
}
