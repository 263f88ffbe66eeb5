// The page's own side: which conversation is open (the address says so), what its buttons tell the server,
// and what is brought up to date when something new is shown.
window.citedesk = {
  trigger: null, // set by the component that carries events, see chat_tab.py
  action: {},
  going: null, // the conversation that was asked for and is not shown yet

  where() {
    const given = new URLSearchParams(location.hash.slice(1));
    return { conversation: given.get("c") || "", shown: Number(given.get("shown")) || 50 };
  },

  // The first value of an event: where we are and what was pressed. Date fields keep their last good date to
  // themselves when they hold something else; what can be read in them is sent.
  tell(values) {
    const told = JSON.stringify({ ...this.where(), ...this.action });
    this.action = {};
    const dates = ["as-of", "since", "until"];
    return [told, ...values.slice(1)].map((value, n) =>
      n >= 2 && n <= 4 ? document.querySelector(`#cd-${dates[n - 2]} input`)?.value ?? value : value);
  },

  act(name, details = {}) {
    if (!this.trigger) return;
    this.action = { ...this.where(), ...details };
    this.trigger(name);
  },

  answering: () => Boolean(document.querySelector("#cd-live .cd-live")),

  // An answer can be asked for once the one before has ended and Ask is back.
  begin(name, details, tries = 50) {
    if (this.answering() || !tries) return;
    if (document.getElementById("cd-send")?.offsetParent) this.act(name, details);
    else setTimeout(() => this.begin(name, details, tries - 1), 100);
  },

  say(words) {
    const status = document.getElementById("cd-status");
    if (status) status.textContent = words;
  },
};

(() => {
  const desk = window.citedesk;
  let answered = null;
  let live = null;
  let polling = 0;
  let heeded = location.hash; // an address that is newer than this has an event under way

  window.addEventListener("hashchange", () => {
    heeded = location.hash;
    desk.going = desk.where().conversation;
    desk.act("select");
    closeDrawer();
  });

  // "New chat" is an event of the server's; the address must be empty before it goes out.
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#cd-clear")) return;
    history.pushState(null, "", location.pathname + location.search);
    desk.leave();
    closeDrawer();
    document.querySelector("#cd-question textarea")?.focus();
  }, true);

  function closeDrawer() {
    if (window.matchMedia("(max-width: 760px)").matches) drawer(false);
  }

  function drawer(open) {
    document.getElementById("cd-side")?.classList.toggle("cd-closed", !open);
    document.getElementById("cd-drawer")?.setAttribute("aria-expanded", String(open));
  }
  desk.drawer = drawer;

  desk.leave = () => {
    history.replaceState(null, "", location.pathname + location.search);
    heeded = "";
    desk.going = "";
  };

  // The address follows what is shown: a first question makes a conversation, a deleted one is gone.
  function follow(shown) {
    if (location.hash !== heeded) return;
    const id = shown?.dataset.conversation || "";
    const missing = document.querySelector("#cd-past [data-missing]");
    if (desk.going !== null) {
      if (desk.going !== id && !missing) return;
      desk.going = null;
    }
    if (id && id !== desk.where().conversation) history.replaceState(null, "", `#c=${id}`);
    if (missing && desk.where().conversation) history.replaceState(null, "", location.pathname);
    heeded = location.hash;
    document.title = shown?.dataset.title ? `${shown.dataset.title} · citedesk` : "citedesk";
  }

  function label() {
    document.querySelectorAll("#cd-dates .block").forEach((block) => {
      const name = block.querySelector('[data-testid="block-info"]')?.textContent.trim();
      block.querySelector("input")?.setAttribute("aria-label", name + ", as in 2023-11-08");
      block.querySelector("button")?.setAttribute("aria-label", name + ": open a calendar");
    });
    const chat = document.getElementById("cd-chat");
    if (chat && !chat.hasAttribute("role")) {
      chat.setAttribute("role", "region");
      chat.setAttribute("aria-label", "Conversation");
    }
    const button = document.getElementById("cd-drawer");
    if (button && !button.dataset.ready) {
      button.dataset.ready = "1";
      closeDrawer();
    }
  }

  function scroll() {
    const chat = document.getElementById("cd-chat");
    const now = document.querySelector("#cd-live .cd-live")?.dataset.id || null;
    if (!chat) return;
    const inner = chat.scrollHeight > chat.clientHeight + 4;
    if (now && now !== live) {
      if (inner) chat.scrollTop = chat.scrollHeight;
      else document.querySelector("#cd-live .cd-live").scrollIntoView({ block: "nearest" });
    } else if (now && inner && chat.scrollHeight - chat.scrollTop - chat.clientHeight < 160) {
      chat.scrollTop = chat.scrollHeight;
    }
    if (live && !now) {
      desk.say("The answer is complete.");
      const last = document.querySelector("#cd-past .cd-exchange:last-of-type");
      if (last && inner) chat.scrollTop += last.getBoundingClientRect().top - chat.getBoundingClientRect().top - 8;
      else last?.scrollIntoView({ block: "nearest" });
    }
    if (now && !live) desk.say("Reading the archive.");
    live = now;
  }

  // Once an answer stands: its sources into the panel, its follow-up questions below it.
  function complete() {
    const all = [...document.querySelectorAll("#cd-past .cd-exchange")];
    const last = all.filter((each) => each.dataset.state === "answered").pop();
    const id = last?.dataset.id || "";
    if (id !== answered) {
      const first = answered === null || !document.getElementById(`x-${answered}`);
      answered = id;
      desk.showSources(id);
      if (last && first) all[all.length - 1].scrollIntoView({ block: all.length > 1 ? "start" : "nearest" });
    }
    const space = last?.querySelector(".cd-follow:not([data-asked])");
    if (space && !desk.answering()) {
      space.dataset.asked = "1";
      desk.fetched(`ui/follow-ups?exchange=${encodeURIComponent(id)}`).then((html) => {
        space.innerHTML = html;
        space.dataset.told = "1";
        const chat = document.getElementById("cd-chat");
        if (html && last.offsetHeight < chat.clientHeight) space.scrollIntoView({ block: "nearest" });
      });
    }
  }

  function poll() {
    if (polling || desk.answering() || !document.querySelector("#cd-past [data-running]")) return;
    polling = setTimeout(() => {
      polling = 0;
      if (!desk.answering() && !Object.keys(desk.action).length) desk.trigger?.("input");
    }, 1500);
  }

  let pending = false;
  new MutationObserver(() => {
    if (pending) return;
    pending = true;
    requestAnimationFrame(() => {
      pending = false;
      label();
      if (!document.getElementById("cd-past")) return;
      follow(document.querySelector("#cd-past .cd-conversation"));
      scroll();
      complete();
      poll();
      desk.keepFocus();
    });
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
