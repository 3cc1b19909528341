// Photos: found by name, ordered by what a method gains in a metric, built when they come near.
const metrics = JSON.parse(document.getElementById("metrics").textContent);
const SHOWN_AT_FIRST = 12;
const SHOWN_ANYWAY = 30;

// The pictures of most photos wait in a template.
function build(photo) {
  const waiting = photo.querySelector("template");
  if (waiting) waiting.replaceWith(document.importNode(waiting.content, true));
}

const nearby = new IntersectionObserver(
  (seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      nearby.unobserve(target);
      build(target);
    }
  },
  { rootMargin: "1000px" },
);

// The figures of a photo that can be compared now.
function shotsOf(photo) {
  build(photo);
  return [...photo.querySelectorAll("figure")].filter(
    (figure) => figure.querySelector("a.shot") && !hiddenMethods.has(figure.dataset.method),
  );
}

class Gallery {
  constructor(root) {
    this.list = root.querySelector(".photos");
    this.photos = [...this.list.children];
    this.scores = JSON.parse(root.querySelector("script.scores").textContent);
    this.barred = JSON.parse(root.querySelector("script.barred").textContent);
    this.find = root.querySelector(".find");
    this.order = root.querySelector(".order");
    this.metric = root.querySelector(".metric");
    this.method = root.querySelector(".method");
    this.count = root.querySelector("output");
    this.more = root.querySelector(".more");
    this.none = root.querySelector(".none");
    this.tellingNote = root.parentElement.querySelector(".under .telling");
    // The number that the whole page knows each output by, in the order of the outputs.
    const most = this.photos.map((photo) => this.numbersOf(photo));
    this.numbers = most.reduce((a, b) => (b.length > a.length ? b : a), []);
    this.unfolded = this.photos.length <= SHOWN_ANYWAY;
    this.order.value = root.dataset.first;
    this.metric.selectedIndex = 0;
    this.method.value = "";
    this.find.value = "";

    this.find.addEventListener("input", () => this.update());
    this.order.addEventListener("change", () => this.update());
    for (const choice of [this.metric, this.method]) {
      choice.addEventListener("change", () => {
        if (this.order.value === "telling") this.order.value = "worst";
        this.update();
      });
    }
    this.more.querySelector("button").addEventListener("click", () => {
      const next = this.matching[SHOWN_AT_FIRST];
      this.unfold();
      focusPhoto(next);
    });
    document.addEventListener("methodschange", () => this.update());
    document.addEventListener("metricchange", () => {
      if (shownMetric) this.metric.value = shownMetric;
      // The telling photos are told by the first metric.
      if (this.order.value === "telling" && this.metric.selectedIndex > 0) this.order.value = "worst";
      this.update();
    });
    root.querySelector(".controls").hidden = false;
    this.update();
    for (const photo of this.photos) nearby.observe(photo);
  }

  numbersOf(photo) {
    const inside = photo.querySelector("template")?.content ?? photo;
    return [...inside.querySelectorAll("figure[data-method]")].map((figure) => figure.dataset.method);
  }

  // The shown outputs that may be compared in the metric; all, if none may.
  chooseFair() {
    const barred = this.barred[this.metric.value];
    const shown = [...this.numbers.keys()].filter((index) => !hiddenMethods.has(this.numbers[index]));
    const fair = shown.filter((index) => !barred.includes(index));
    return fair.length > 0 ? fair : shown;
  }

  // What the chosen outputs have on average over the input, or have where the input has nothing.
  measure(photo) {
    const [input, ...outputs] = this.scores[photo.dataset.index][this.metric.value];
    const chosen = this.method.value ? [Number(this.method.value) - 1] : this.chooseFair();
    const known = chosen.map((index) => outputs[index]).filter((value) => typeof value === "number");
    if (known.length === 0) return null;
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    return typeof input === "number" ? { value: mean - input, gain: true } : { value: mean, gain: false };
  }

  update() {
    const metric = metrics.find((one) => one.key === this.metric.value);
    const sign = metric.up ? 1 : -1;
    const measured = new Map(this.photos.map((photo) => [photo, this.measure(photo)]));
    const names = new Intl.Collator("en", { numeric: true });
    const byName = (a, b) => names.compare(a.dataset.id, b.dataset.id);
    const byGain = (direction) => (a, b) => {
      const [left, right] = [measured.get(a), measured.get(b)];
      if (!left || !right) return !left - !right || byName(a, b);
      // A gain and a number of which the input's is unknown have no order: gains come first.
      if (left.gain !== right.gain) return left.gain ? -1 : 1;
      return direction * sign * (left.value - right.value) || byName(a, b);
    };
    const orders = { name: byName, worst: byGain(1), best: byGain(-1), telling: () => 0 };
    const sorted = [...this.photos].sort(orders[this.order.value]);
    const wanted = this.find.value.trim().toLowerCase();
    this.matching = sorted.filter((photo) => photo.dataset.id.toLowerCase().includes(wanted));
    const shown = new Set(this.unfolded ? this.matching : this.matching.slice(0, SHOWN_AT_FIRST));
    for (const photo of sorted) {
      photo.hidden = !shown.has(photo);
      photo.querySelector(".gain").textContent = putInWords(measured.get(photo), metric);
      const label = photo.querySelector(".label");
      if (label) label.hidden = this.order.value !== "telling";
    }
    // Moving what stands right already would lose the focus and cost a layout.
    if (sorted.some((photo, index) => this.list.children[index] !== photo)) {
      this.list.replaceChildren(...sorted);
    }
    const [all, left] = [this.photos.length, this.matching.length];
    this.count.textContent = left === all ? `${all} photos` : `${left} of ${all} photos`;
    this.none.hidden = left > 0;
    this.none.textContent = left > 0 ? "" : `No photo has “${this.find.value.trim()}” in its name.`;
    if (this.tellingNote) this.tellingNote.hidden = this.order.value !== "telling";
    this.more.hidden = shown.size === left;
    this.more.querySelector("button").textContent = `Show all ${left}`;
  }

  unfold() {
    this.unfolded = true;
    this.update();
  }
}

// "better" and "worse", as a sign would say the opposite where less is better.
function putInWords(measured, metric) {
  if (!measured) return "";
  const amount = `${Math.abs(measured.value).toFixed(metric.digits)} ${metric.unit}`.trim();
  if (!measured.gain) return `${metric.label} ${amount}`;
  if (parseFloat(amount) === 0) return `${metric.label} unchanged`;
  const isBetter = measured.value > 0 === metric.up;
  return `${metric.label} ${isBetter ? "better" : "worse"} by ${amount}`;
}

function focusPhoto(photo) {
  if (photo) shotsOf(photo)[0]?.querySelector("a.shot").focus();
}

// From elsewhere on the page: the first photo in view, else the next below or above.
function nearestPhoto(step) {
  const shown = galleries.flatMap((gallery) => gallery.matching.filter((photo) => !photo.hidden));
  const boxes = new Map(shown.map((photo) => [photo, photo.getBoundingClientRect()]));
  const canBe = (photo) => shotsOf(photo).length > 0; // asked last, as it builds the pictures
  const inView = ({ top, bottom }) => bottom > 0 && top < innerHeight;
  const below = () => shown.find((one) => boxes.get(one).top >= innerHeight && canBe(one));
  const above = () => shown.findLast((one) => boxes.get(one).bottom <= 0 && canBe(one));
  const seen = shown.find((one) => inView(boxes.get(one)) && canBe(one));
  return seen ?? (step > 0 ? below() ?? above() : above() ?? below());
}

const galleries = [...document.querySelectorAll(".gallery")].map((root) => new Gallery(root));

function galleryOf(photo) {
  return galleries.find((gallery) => gallery.list.contains(photo));
}

// The photo `step` places on among those that are found and have pictures, round and round.
function neighbour(photo, step) {
  const around = galleryOf(photo).matching;
  for (let i = 1; i <= around.length; i += 1) {
    const place = (around.indexOf(photo) + i * step + i * around.length) % around.length;
    if (shotsOf(around[place]).length > 0) return around[place];
  }
  return photo;
}

addEventListener("beforeprint", () => {
  for (const gallery of galleries) gallery.matching.filter((photo) => !photo.hidden).forEach(build);
});
