// Sends an answer until the server has it on disk, or refuses it.

const WAITS = [2, 4, 8, 16, 30]; // seconds before another try, the last one again and again
const PATIENCE = 20_000; // milliseconds for one try

// `tell(sentence, retry)` says why it is not saved yet. Gives {saved} or {refused: sentence}.
// To send the same answer twice does no harm: the server keeps one.
export async function save(url, answer, tell) {
  for (let tries = 0; ; tries += 1) {
    const result = await send(url, answer);
    if (!result.failed) return result;
    await new Promise((retry) => {
      const again = () => {
        clearTimeout(timer);
        removeEventListener("online", again);
        retry();
      };
      const timer = setTimeout(again, 1000 * WAITS[Math.min(tries, WAITS.length - 1)]);
      addEventListener("online", again);
      tell(result.failed, again);
    });
  }
}

async function send(url, answer) {
  let response;
  let told;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(answer),
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE),
    });
    told = await response.json();
  } catch {
    // Unreachable, or an answer that is no JSON, such as the sign-in page of a hotel's network.
    if (!response || response.ok) return { failed: "The server cannot be reached." };
  }
  if (response.ok && told?.saved === true) return { saved: true };
  const sentence = typeof told?.error === "string" ? told.error : null;
  const passes = response.status >= 500 || [200, 408, 425, 429].includes(response.status);
  return passes
    ? { failed: sentence ?? "The server has trouble." }
    : { refused: sentence ?? `The server refused this ranking (${response.status}).` };
}
