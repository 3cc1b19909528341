// Links within the page. Photos are laid out when they are first seen, which moves what stands below
// them: where a link leads is scrolled to until it stays.
const FRAMES = 12;
function settleAt(hash) {
  const target = hash && document.getElementById(hash.slice(1));
  let left = target ? FRAMES : 0;
  requestAnimationFrame(function settle() {
    if (left-- <= 0) return;
    target.scrollIntoView();
    requestAnimationFrame(settle);
  });
}
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]');
  if (link) settleAt(link.hash);
});
settleAt(location.hash);
