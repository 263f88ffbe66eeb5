// A chip is a link to its source in the panel; following it opens the source and brings it into view.
document.addEventListener("click", (event) => {
  const link = event.target.closest && event.target.closest('a[href*="#source-"]');
  if (!link) return;
  event.preventDefault();
  const source = document.getElementById(link.getAttribute("href").split("#").pop());
  if (!source) return;
  for (let part = source; part; part = part.parentElement) {
    if (part.tagName === "DETAILS") part.open = true;
  }
  document.querySelectorAll(".cd-current").forEach((old) => old.classList.remove("cd-current"));
  source.classList.add("cd-current");
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  (source.querySelector("mark") || source).scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
  source.querySelector("summary").focus({ preventScroll: true });
}, true);

// Gradio labels each message with its own markup and leaves its date fields unlabelled; a screen reader
// should hear the words instead.
const cdLabel = () => {
  document.querySelectorAll('#cd-chat [data-testid="bot"], #cd-chat [data-testid="user"]').forEach((message) => {
    const label = message.dataset.testid === "bot" ? "Answer" : "Question";
    if (message.getAttribute("aria-label") !== label) message.setAttribute("aria-label", label);
  });
  document.querySelectorAll("#cd-dates .block").forEach((block) => {
    const name = block.querySelector('[data-testid="block-info"]')?.textContent.trim();
    block.querySelector("input")?.setAttribute("aria-label", name + ", as in 2023-11-08");
    block.querySelector("button")?.setAttribute("aria-label", name + ": open a calendar");
  });
};
let cdPending = false;
new MutationObserver(() => {
  if (cdPending) return;
  cdPending = true;
  requestAnimationFrame(() => { cdPending = false; cdLabel(); });
}).observe(document.documentElement, { childList: true, subtree: true });
