// What is not saved yet is kept in the browser: it outlives a reload, a crash, a lost connection.
// A browser may forbid its storage; then a draft lives as long as the page.

const PREFIX = "romnet-bench study ";
const finished = new Set(); // of these links nothing is kept any more

// `base` is the path of a personal link; a draft is {places, seconds, pending}.
export function makeDraft(base, trial) {
  const name = `${PREFIX}${base} ${trial}`;
  return {
    read() {
      try {
        return JSON.parse(localStorage.getItem(name)) ?? {};
      } catch {
        return {};
      }
    },
    keep(values) {
      if (finished.has(base)) return;
      try {
        localStorage.setItem(name, JSON.stringify(values));
      } catch {
        // as said above
      }
    },
  };
}

// Forgets a link's drafts, or those of its other trials: these are answered, here or elsewhere.
export function forgetDrafts(base, exceptTrial = null) {
  if (exceptTrial === null) finished.add(base);
  try {
    const kept = `${PREFIX}${base} ${exceptTrial}`;
    const names = Object.keys(localStorage).filter((name) => name.startsWith(`${PREFIX}${base} `));
    for (const name of names) if (name !== kept) localStorage.removeItem(name);
  } catch {
    // no storage, nothing to forget
  }
}
