// The view of a comparison: where the two pictures lie in their panes, at which size.
const dialog = document.getElementById("compare");
const stage = dialog.querySelector(".stage");
const split = document.getElementById("split");
const panes = [...stage.querySelectorAll(".pane")];
const pictures = panes.map((pane) => pane.querySelector("img"));
const MOST = 32; // screen pixels for one of the picture

// `scale` is in CSS pixels for a pixel of the picture, 0: the whole picture fits.
// `x` and `y` say which point of it, from 0 to 1, lies in the middle of the pane.
const view = { width: 1, height: 1, scale: 0, x: 0.5, y: 0.5 };

function fittingScale() {
  const { clientWidth, clientHeight } = panes[0];
  return Math.min(clientWidth / view.width, clientHeight / view.height) || 1;
}

function currentScale() {
  return view.scale || fittingScale();
}

// One side of the picture: its length, and where it begins so that the pane stays filled.
function place(pane, length, middle) {
  const start = pane / 2 - middle * length;
  return length <= pane ? (pane - length) / 2 : Math.min(0, Math.max(pane - length, start));
}

function layOut() {
  const { clientWidth, clientHeight } = panes[0];
  const scale = currentScale();
  const [width, height] = [view.width * scale, view.height * scale];
  const left = place(clientWidth, width, view.x);
  const top = place(clientHeight, height, view.y);
  view.x = (clientWidth / 2 - left) / width;
  view.y = (clientHeight / 2 - top) / height;
  // The slider goes over what is seen of the picture.
  const [from, to] = [Math.max(left, 0), Math.min(left + width, clientWidth)];
  const line = from + (Number(split.value) / 100) * (to - from);
  const lengths = { left, top, width, height, line };
  for (const [name, value] of Object.entries(lengths)) stage.style.setProperty(`--${name}`, `${value}px`);
  stage.classList.toggle("magnified", scale * devicePixelRatio >= 2);
  stage.classList.toggle("zoomed", view.scale !== 0);
  const percent = Math.round(100 * scale * devicePixelRatio);
  document.getElementById("zoom").textContent = `${percent} %`;
  view.from = from;
  view.to = to;
}

// Zooms so that the point of the picture at (x, y) in the pane stays there.
function zoomTo(scale, x = panes[0].clientWidth / 2, y = panes[0].clientHeight / 2) {
  const { clientWidth, clientHeight } = panes[0];
  const [before, fit] = [currentScale(), fittingScale()];
  const after = Math.min(Math.max(scale, Math.min(fit, 1 / devicePixelRatio)), MOST / devicePixelRatio);
  const [offX, offY] = [x - clientWidth / 2, y - clientHeight / 2];
  view.x += (offX / before - offX / after) / view.width;
  view.y += (offY / before - offY / after) / view.height;
  view.scale = Math.abs(after / fit - 1) < 1e-6 ? 0 : after;
  layOut();
}

function fitWhole() {
  Object.assign(view, { scale: 0, x: 0.5, y: 0.5 });
  layOut();
}

function showActual(x, y) {
  zoomTo(1 / devicePixelRatio, x, y);
}

function pan(dx, dy) {
  view.x -= dx / (view.width * currentScale());
  view.y -= dy / (view.height * currentScale());
  layOut();
}

function setMode(mode) {
  stage.dataset.mode = mode;
  split.disabled = mode !== "wipe";
  for (const radio of dialog.querySelectorAll("[name=mode]")) radio.checked = radio.value === mode;
  layOut();
}

function moveSplit(x) {
  split.value = (100 * (x - view.from)) / (view.to - view.from);
  layOut();
}

// Where a pointer is in the pane below it.
function inPane(event) {
  const pane = panes.findLast((one) => {
    const box = one.getBoundingClientRect();
    return event.clientX >= box.left && event.clientY >= box.top;
  });
  const box = (pane ?? panes[0]).getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

// One pointer drags the slider, or a zoomed picture; two zoom.
const pointers = new Map();
let dragsSplit = false;

stage.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  event.preventDefault(); // no selecting, no dragging of the picture as a file
  stage.setPointerCapture(event.pointerId);
  const [x, y] = inPane(event);
  pointers.set(event.pointerId, [x, y]);
  const line = parseFloat(stage.style.getPropertyValue("--line"));
  dragsSplit = stage.dataset.mode === "wipe" && (view.scale === 0 || Math.abs(x - line) < 24);
  if (dragsSplit && pointers.size === 1) {
    moveSplit(x);
    split.focus();
  }
});
stage.addEventListener("pointermove", (event) => {
  const last = pointers.get(event.pointerId);
  if (!last) return;
  const [x, y] = inPane(event);
  pointers.set(event.pointerId, [x, y]);
  if (pointers.size === 2) {
    const [[otherX, otherY]] = [...pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    const before = Math.hypot(last[0] - otherX, last[1] - otherY);
    const after = Math.hypot(x - otherX, y - otherY);
    zoomTo((currentScale() * after) / Math.max(before, 1), (x + otherX) / 2, (y + otherY) / 2);
  } else if (dragsSplit) moveSplit(x);
  else pan(x - last[0], y - last[1]);
});
for (const end of ["pointerup", "pointercancel"]) {
  stage.addEventListener(end, (event) => pointers.delete(event.pointerId));
}
stage.addEventListener("dblclick", (event) => {
  if (view.scale === 0) showActual(...inPane(event));
  else fitWhole();
});
stage.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    zoomTo(currentScale() * Math.exp(-event.deltaY / 400), ...inPane(event));
  },
  { passive: false },
);
split.addEventListener("input", layOut);
new ResizeObserver(layOut).observe(stage);
