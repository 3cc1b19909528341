// Seconds that a person has had a trial before the eyes: a hidden page does not count.
export function makeClock(before) {
  let seconds = before;
  let since = null; // when it was last set going

  function pause() {
    if (since !== null) seconds += (performance.now() - since) / 1000;
    since = null;
  }
  function run() {
    if (since === null && !document.hidden) since = performance.now();
  }

  return {
    start() {
      document.addEventListener("visibilitychange", () => (document.hidden ? pause() : run()));
      run();
    },
    read: () => seconds + (since === null ? 0 : (performance.now() - since) / 1000),
  };
}
