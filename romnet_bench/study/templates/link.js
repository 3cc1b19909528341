// The personal link, to be copied; and what a browser forgets at the end or at a withdrawal.
import { forgetDrafts } from "./draft.js";

for (const line of document.querySelectorAll(".link")) {
  const field = Object.assign(document.createElement("input"), {
    readOnly: true,
    value: new URL(line.dataset.link, location.href).href,
    ariaLabel: "Your personal link",
  });
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "plain",
    textContent: "Copy",
  });
  const said = document.createElement("span");
  said.setAttribute("role", "status");
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    said.textContent = (await copy(field)) ? "Copied" : "Select it and copy it by hand";
  });
  line.replaceChildren(field, button, said);
}

async function copy(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.select(); // no clipboard without https, or no leave to use it
    return document.execCommand("copy");
  }
}

for (const form of document.querySelectorAll(".withdraw form")) {
  form.addEventListener("submit", () => forgetDrafts(form.dataset.base));
}
const finished = document.querySelector("[data-finished]");
if (finished) forgetDrafts(finished.dataset.finished);
