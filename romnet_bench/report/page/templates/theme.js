// The theme that was chosen here before, before anything is painted.
try {
  const chosen = localStorage.getItem("romnet-bench-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is not allowed: the page follows the system.
}
