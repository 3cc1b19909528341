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

// Headings over several columns span those that are shown; a table without rows says why.
function fitTables() {
  for (const table of document.querySelectorAll("table.scores")) {
    const columns = [...table.querySelectorAll("thead th[data-first]")];
    let start = 0;
    for (const group of table.querySelectorAll(".groups > [colspan]")) {
      group.dataset.columns ??= group.colSpan;
      const own = columns.slice(start, (start += Number(group.dataset.columns)));
      const shown = own.filter(({ dataset: { metric } }) => !shownMetric || !metric || metric === shownMetric);
      group.hidden = shown.length === 0;
      group.colSpan = Math.max(shown.length, 1);
    }
    const isHidden = (row) => row.dataset.methods?.split(" ").some((number) => hiddenMethods.has(number));
    const rows = [...table.tBodies[0].rows];
    table.closest(".sheet").querySelector(".none").hidden = rows.length === 0 || !rows.every(isHidden);
  }
}
document.addEventListener("methodschange", fitTables);
document.addEventListener("metricchange", fitTables);

// Empty cells stay at the end in either order.
function compareCells(a, b, sign) {
  if (!("value" in a.dataset)) return sign * a.textContent.localeCompare(b.textContent);
  if (a.dataset.value === "" || b.dataset.value === "") {
    return (a.dataset.value === "") - (b.dataset.value === "");
  }
  return sign * (Number(a.dataset.value) - Number(b.dataset.value));
}
