// Waits for every picture: nobody can rank what they have not seen.

// Resolves once all are there. `tell(sentence, retry)` is called when some did not come.
export async function loadPictures(pictures, tell) {
  for (;;) {
    const results = await Promise.allSettled(pictures.map((picture) => picture.decode()));
    const missing = pictures.filter((_, index) => results[index].status === "rejected");
    if (missing.length === 0) return;
    await new Promise((retry) => {
      tell("Some pictures did not load, and without them this photo cannot be ranked.", retry);
    });
    for (const picture of missing) picture.src = picture.src; // asks the server anew
  }
}
