// Cards beside chips, and the panel: the sources of an answer, and whole articles.
(() => {
  const desk = window.citedesk;
  const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const narrow = () => window.matchMedia("(max-width: 760px)").matches;
  let wanted = 0; // the latest fetch into the panel wins
  let chip = null; // where the reader came from

  desk.fetched = async (url) => {
    try {
      const reply = await fetch(url);
      return reply.ok ? await reply.text() : "";
    } catch {
      return "";
    }
  };

  async function fill(url) {
    const mine = ++wanted;
    const html = url ? await desk.fetched(url) : "";
    const body = document.getElementById("cd-panel-body");
    if (mine !== wanted || !body) return null;
    if (!body.dataset.hint) body.dataset.hint = body.innerHTML;
    body.innerHTML = html || body.dataset.hint;
    return body;
  }

  desk.showSources = (id) => fill(id ? `ui/sources?exchange=${encodeURIComponent(id)}` : "");

  desk.openSources = async (from) => {
    chip = from;
    const body = await desk.showSources(from.dataset.exchange);
    if (!body) return;
    sheet(true);
    body.querySelector("button")?.focus();
  };

  // The whole article, at the passage.
  desk.read = async (from) => {
    const { exchange, n, passage } = from.dataset;
    if (!from.closest("#cd-sources")) chip = from;
    const place = n ? `n=${n}` : `passage=${passage}`;
    const body = await fill(`ui/article?exchange=${encodeURIComponent(exchange)}&${place}`);
    if (!body) return;
    sheet(true);
    const here = document.getElementById("cd-here");
    const article = body.querySelector(".cd-article");
    article?.focus({ preventScroll: true });
    // Not scrollIntoView: that would move the panel and the page as well.
    const top = here ? here.getBoundingClientRect().top - article.getBoundingClientRect().top : 0;
    article?.scrollBy({ top: top - article.clientHeight / 3, behavior: calm() ? "auto" : "smooth" });
    mark(exchange, n);
    desk.say(`${body.querySelector(".cd-of")?.textContent || "Source"} opened.`);
  };

  function mark(exchange, n) {
    document.querySelectorAll(".cd-chip[aria-current]").forEach((old) => old.removeAttribute("aria-current"));
    if (!n) return;
    document.querySelectorAll(`#x-${CSS.escape(exchange)} .cd-chip[data-n="${n}"]`)
      .forEach((each) => each.setAttribute("aria-current", "true"));
  }

  function sheet(open) {
    document.getElementById("cd-right")?.classList.toggle("cd-open", open && narrow());
  }

  desk.back = () => {
    sheet(false);
    const again = chip && (document.contains(chip) ? chip : document.querySelector(
      `.cd-chip[data-exchange="${chip.dataset.exchange}"][data-n="${chip.dataset.n}"]`));
    (again || document.querySelector("#cd-question textarea"))?.focus();
  };

  // Cards: shown while a chip is pointed at or focused, and while the card itself is; Escape hides them.
  let card = null;
  let pointed = null;
  let leaving = 0;
  function show(of) {
    const words = document.getElementById(of.getAttribute("aria-describedby"));
    if (!words) return;
    if (!card) {
      card = document.createElement("div");
      card.id = "cd-card";
      card.setAttribute("aria-hidden", "true"); // a screen reader hears the same as the chip's description
      card.addEventListener("mouseenter", () => clearTimeout(leaving));
      card.addEventListener("mouseleave", hide);
      document.querySelector(".gradio-container").append(card);
    }
    clearTimeout(leaving);
    pointed = of;
    card.innerHTML = words.innerHTML;
    card.hidden = false;
    place();
  }
  function place() {
    const at = pointed.getBoundingClientRect();
    const width = Math.min(380, innerWidth - 16);
    card.style.width = `${width}px`;
    card.style.left = `${Math.max(8, Math.min(at.left - 24, innerWidth - width - 8))}px`;
    const height = card.offsetHeight;
    card.style.top = `${at.bottom + height + 10 < innerHeight ? at.bottom + 6 : Math.max(8, at.top - height - 6)}px`;
  }
  function hide() {
    clearTimeout(leaving);
    if (card) card.hidden = true;
  }
  const chipOf = (event) => event.target.closest?.("a.cd-chip");
  document.addEventListener("mouseover", (event) => chipOf(event) && show(chipOf(event)));
  document.addEventListener("mouseout", (event) => {
    if (chipOf(event)) leaving = setTimeout(hide, 180);
  });
  document.addEventListener("focusin", (event) => {
    if (chipOf(event)?.matches(":focus-visible")) show(chipOf(event));
  });
  document.addEventListener("focusout", (event) => chipOf(event) && hide());
  document.addEventListener("scroll", () => {
    if (!card || card.hidden) return;
    // Follow-ups that come in push the page along: the card stays with the chip that it belongs to.
    if (pointed.isConnected && (pointed.matches(":hover") || pointed === document.activeElement)) place();
    else hide();
  }, true);

  document.addEventListener("click", (event) => {
    const from = event.target.closest?.("a.cd-chip, a.cd-nearest");
    if (!from) return;
    event.preventDefault();
    hide();
    desk.read(from);
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (card && !card.hidden) hide();
    else if (event.target.closest?.("#cd-right")) desk.back();
    else if (event.target.closest?.("#cd-side") && narrow()) {
      desk.drawer(false);
      document.getElementById("cd-drawer").focus();
    }
  });
})();
