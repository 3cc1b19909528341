// Which methods and metrics are shown. A rule hides one everywhere, also in pictures still to come.
const hiddenMethods = new Set();
const methodRules = new CSSStyleSheet();
const metricRules = new CSSStyleSheet();
document.adoptedStyleSheets = [methodRules, metricRules];

const methodsBox = document.querySelector(".methods");
if (methodsBox) {
  const boxes = [...methodsBox.querySelectorAll("input")];
  const showAll = methodsBox.querySelector("button");
  const count = methodsBox.querySelector(".count");
  const update = () => {
    hiddenMethods.clear();
    for (const box of boxes) if (!box.checked) hiddenMethods.add(box.value);
    methodRules.replaceSync(
      [...hiddenMethods]
        .map((number) => `[data-method="${number}"], [data-methods~="${number}"] { display: none; }`)
        .join("\n"),
    );
    count.textContent = `${boxes.length - hiddenMethods.size} of ${boxes.length}`;
    showAll.hidden = hiddenMethods.size === 0;
    document.dispatchEvent(new Event("methodschange"));
  };
  methodsBox.hidden = false;
  methodsBox.open = matchMedia("(min-width: 75rem)").matches;
  methodsBox.addEventListener("change", update);
  showAll.addEventListener("click", () => {
    for (const box of boxes) box.checked = true;
    update();
    boxes[0].focus();
  });
  for (const box of boxes) box.checked = true; // what a browser may remember after a reload
  update();
}

// One metric, or all (""). What is about none, such as the number of photos, is shown always.
let shownMetric = "";
const metricBoxes = [...document.querySelectorAll(".only input")];

function showMetric(box) {
  shownMetric = box.value;
  box.checked = true;
  const rule = `[data-metric]:not([data-metric=""], [data-metric="${shownMetric}"]) { display: none; }`;
  metricRules.replaceSync(shownMetric ? rule : "");
  document.dispatchEvent(new Event("metricchange"));
}

function showNextMetric() {
  const now = metricBoxes.findIndex((box) => box.checked);
  if (metricBoxes.length > 0) showMetric(metricBoxes[(now + 1) % metricBoxes.length]);
}

if (metricBoxes.length > 0) {
  const choice = document.querySelector(".only");
  choice.hidden = false;
  choice.addEventListener("change", (event) => showMetric(event.target));
  metricBoxes[0].checked = true; // whatever the browser remembers
}

// The theme: as the system has it, unless chosen here.
const themeChoice = document.getElementById("theme");
themeChoice.closest(".tools").hidden = false;
themeChoice.value = document.documentElement.dataset.theme ?? "";
themeChoice.addEventListener("change", () => {
  if (themeChoice.value) document.documentElement.dataset.theme = themeChoice.value;
  else delete document.documentElement.dataset.theme;
  try {
    localStorage.setItem("romnet-bench-theme", themeChoice.value);
  } catch {
    // Storage is not allowed: the choice lasts as long as the page is open.
  }
});
