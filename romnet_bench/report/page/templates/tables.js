// Tables: a click on a heading sorts by it, first from its better end, then the other way round,
// then back to the order of the page.
for (const table of document.querySelectorAll("table.scores")) {
  const headings = [...table.querySelectorAll("thead th[scope=col]")];
  const original = [...table.tBodies[0].rows];
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const first = heading.dataset.first ?? "ascending";
      const second = first === "ascending" ? "descending" : "ascending";
      const now = heading.getAttribute("aria-sort");
      const order = now === first ? second : now === second ? "" : first;
      for (const other of headings) other.removeAttribute("aria-sort");
      const rows = [...original];
      if (order) {
        heading.setAttribute("aria-sort", order);
        const sign = order === "ascending" ? 1 : -1;
        rows.sort((a, b) => compareCells(a.cells[column], b.cells[column], sign));
      }
      table.tBodies[0].append(...rows);
    });
  });
}

// Empty cells stay at the end in either order.
function compareCells(a, b, sign) {
  if (!("value" in a.dataset)) return sign * a.textContent.localeCompare(b.textContent);
  if (a.dataset.value === "" || b.dataset.value === "") {
    return (a.dataset.value === "") - (b.dataset.value === "");
  }
  return sign * (Number(a.dataset.value) - Number(b.dataset.value));
}
