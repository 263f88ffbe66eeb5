// What the buttons inside the conversation and the list do. Text goes in as text, never as markup.
(() => {
  const desk = window.citedesk;

  function made(tag, words, more = {}) {
    const element = document.createElement(tag);
    if (words) element.textContent = words;
    Object.entries(more).forEach(([name, value]) => element.setAttribute(name, value));
    return element;
  }

  // A small form in the place of what it changes; Escape or Cancel bring that back.
  function form(over, field, words, send) {
    const box = made("form", "", { class: "cd-form" });
    const save = made("button", words, { type: "submit" });
    const cancel = made("button", "Cancel", { type: "button" });
    const close = () => { box.remove(); over.hidden = false; };
    cancel.addEventListener("click", () => { close(); over.querySelector("button, a")?.focus(); });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") cancel.click();
      if (event.key === "Enter" && !event.shiftKey && event.target === field) { event.preventDefault(); save.click(); }
    });
    box.addEventListener("submit", (event) => {
      event.preventDefault();
      const value = field.value.trim();
      close();
      if (value) send(value);
    });
    box.append(field, save, cancel);
    over.hidden = true;
    over.after(box);
    field.focus();
    field.select?.();
  }

  const does = {
    ask: (button) => desk.begin("submit", { question: button.dataset.question }),
    retry: (button) => desk.begin("retry", { exchange: button.dataset.exchange }),
    undo: (button) => {
      desk.act("undo", { exchange: button.dataset.exchange });
      document.querySelector("#cd-question textarea")?.focus();
    },
    edit: (button) => {
      const field = made("textarea", "", { "aria-label": "Your question, changed", rows: "2" });
      field.value = button.dataset.question;
      const { exchange } = button.dataset;
      form(button.closest(".cd-asker"), field, "Ask again", (question) => desk.begin("edit", { exchange, question }));
    },
    copy: async (button) => {
      const { words } = button.dataset;
      try {
        await navigator.clipboard.writeText(words);
      } catch { // no permission, or no secure connection
        const field = made("textarea");
        field.value = words;
        button.after(field);
        field.select();
        document.execCommand("copy");
        field.remove();
      }
      button.textContent = "Copied";
      desk.say("The answer is copied, with its sources.");
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    },
    like: (button) => {
      const { exchange } = button.dataset;
      const actions = button.closest(".cd-actions");
      const pressed = button.getAttribute("aria-pressed") === "true";
      const good = button.dataset.good === "1";
      actions.querySelectorAll("[aria-pressed]").forEach((each) => each.setAttribute("aria-pressed", "false"));
      actions.parentElement.querySelector(".cd-why")?.remove();
      if (pressed) {
        desk.act("like", { exchange });
        desk.say("Taken back.");
        return;
      }
      button.setAttribute("aria-pressed", "true");
      desk.act("like", { exchange, good });
      desk.say(good ? "Marked as a good answer." : "Marked as a bad answer.");
      why(actions, exchange, good);
    },
    sources: (button) => (button.closest("#cd-sources")
      ? desk.showSources(button.dataset.exchange).then((body) => body?.querySelector("button")?.focus())
      : desk.openSources(button)),
    read: (button) => desk.read(button),
    back: () => desk.back(),
    drawer: (button) => desk.drawer(button.getAttribute("aria-expanded") !== "true"),
    rename: (button) => {
      const item = button.closest(".cd-item");
      const field = made("input", "", { "aria-label": "New title", maxlength: "120" });
      field.value = item.dataset.title;
      form(item, field, "Save", (title) => desk.act("apply", { target: item.dataset.id, title }));
    },
    delete: (button) => {
      const item = button.closest(".cd-item");
      if (button.dataset.sure) {
        desk.act("delete", { target: item.dataset.id });
        if (desk.where().conversation === item.dataset.id) desk.leave();
        return;
      }
      const name = button.getAttribute("aria-label");
      button.dataset.sure = "1";
      button.textContent = "Delete?";
      desk.say(`${name}? Press again to delete it.`);
      button.addEventListener("blur", () => {
        delete button.dataset.sure;
        button.textContent = "✕";
      }, { once: true });
    },
  };

  function why(actions, exchange, good) {
    const box = made("form", "", { class: "cd-form cd-why" });
    const label = made("label", good ? "What was good? (optional)" : "What was wrong? (optional)");
    const field = made("input", "", { maxlength: "2000" });
    label.append(field);
    const send = made("button", "Send", { type: "submit" });
    box.append(label, send);
    box.addEventListener("submit", (event) => {
      event.preventDefault();
      desk.act("like", { exchange, good, reason: field.value.trim() });
      box.replaceChildren(made("span", "Thank you."));
      desk.say("Thank you.");
    });
    actions.after(box);
    field.focus();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-do]");
    if (button && does[button.dataset.do]) does[button.dataset.do](button);
  });

  // The export menu closes as menus do.
  const menu = () => document.querySelector(".cd-export[open]");
  document.addEventListener("click", (event) => {
    if (menu() && !event.target.closest?.(".cd-export summary")) menu().open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu()) return;
    const inside = menu().contains(document.activeElement) && menu().querySelector("summary");
    menu().open = false;
    inside?.focus();
  });

  // A new answer replaces the conversation's markup; who stood on a button in it finds it again.
  let stood = null;
  document.addEventListener("focusin", (event) => {
    const inside = event.target.closest?.("#cd-past .cd-exchange");
    if (!inside) { stood = null; return; }
    const all = [...inside.querySelectorAll("a, button, summary")];
    stood = { id: inside.id, at: all.indexOf(event.target) };
  });
  desk.keepFocus = () => {
    if (!stood || (document.activeElement && document.activeElement !== document.body)) return;
    document.getElementById(stood.id)?.querySelectorAll("a, button, summary")[stood.at]?.focus({ preventScroll: true });
  };
})();
