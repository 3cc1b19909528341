// How large the pictures stand: all alike, on whole pixels, as large as the window lets them.
// Were they on fractions of pixels, the browser would smooth each of them differently.

const GAP = 12; // pixels between pictures and around them, as in study.css
const BESIDE = 156; // pixels for the buttons beside a picture in a list
const SMALLEST = 320; // smaller pictures are enlarged to this longest side

export function fitStage(main) {
  const stage = main.querySelector(".stage");
  const [width, height] = [Number(main.dataset.width), Number(main.dataset.height)];
  const count = stage.children.length;
  const isList = matchMedia("(max-width: 719px)");
  const isTouch = matchMedia("(any-pointer: coarse)");

  // The largest that lets all be seen at once, if that is large enough; `least` is for the buttons.
  function spread(room, tall, least) {
    const { offsetHeight } = stage.querySelector(".controls");
    const most = Math.max(1, Math.floor((room + GAP) / (least + GAP)));
    let best = { columns: most, picture: 0 };
    for (let columns = 1; columns <= Math.min(most, count); columns += 1) {
      const rows = Math.ceil(count / columns);
      const down = (tall - GAP * (rows - 1)) / rows - offsetHeight;
      const picture = Math.min(across(room, columns), (down * width) / height);
      if (picture > best.picture) best = { columns, picture };
    }
    if (best.picture >= least || best.picture * Math.max(1, height / width) >= 240) return best;
    const columns = Math.min(most, count); // else the page scrolls
    return { columns, picture: Math.min(across(room, columns), (0.8 * tall * width) / height) };
  }

  function fit() {
    const { paddingLeft, paddingRight } = getComputedStyle(stage);
    const room = stage.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
    // Once the head is scrolled away there is more room; what is above at first must fit too.
    const head = Math.min(main.offsetTop, innerHeight / 4);
    const least = isTouch.matches ? 196 : 172;
    const { columns, picture } = isList.matches
      ? { columns: 1, picture: Math.min(room - BESIDE, (240 * width) / height) }
      : spread(room, innerHeight - head - 2 * GAP, least);
    const largest = width * Math.max(1, SMALLEST / Math.max(width, height));
    const whole = Math.floor(Math.min(picture, largest));
    main.style.setProperty("--head", `${head}px`);
    main.style.setProperty("--columns", columns);
    main.style.setProperty("--cell", `${Math.max(whole, least)}px`);
    main.style.setProperty("--picture", `${whole}px`);
    main.style.setProperty("--tall", `${Math.round((whole * height) / width)}px`);
  }

  // The head grows when its help is opened, and shrinks when a scroll bar appears.
  new ResizeObserver(fit).observe(document.querySelector(".top"));
  addEventListener("resize", fit);
}

// How wide each of some pictures side by side may be.
const across = (room, columns) => (room - GAP * (columns - 1)) / columns;
