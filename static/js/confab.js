/* The little that HTML and htmx leave to us: theme, local times, copying, keys, and what to say when a request fails. */

(() => {
  "use strict";
  document.documentElement.classList.add("js");

  /* Theme: a cookie, so that the server sends the right page at once and nothing flashes. */

  function setTheme(theme) {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    document.cookie = `theme=${theme || "system"}; path=/; max-age=31536000; samesite=lax`;
  }

  /* Times: in the reader's zone, with the exact instant in the title. */

  const SPOKEN = "en-GB"; // the words of a date are in the language of the page, whatever that of the browser
  const device = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { notation, zone = device } = document.documentElement.dataset;
  if (!document.cookie.includes(`zone=${device}`)) document.cookie = `zone=${device}; path=/; max-age=31536000; samesite=lax`;

  /* Dates by words, or by numbers as the reader chose; always in the one zone of the page. */
  const DAYS = {
    european: [{ day: "2-digit", month: "2-digit", year: "numeric" }, { day: "2-digit", month: "2-digit" }],
    iso: [{ dateStyle: "short" }, { dateStyle: "short" }],
  };
  const [whole, short] = DAYS[notation] || [
    { day: "numeric", month: "short", year: "numeric" },
    { day: "numeric", month: "short" },
  ];
  const written = notation === "iso" ? "sv-SE" : SPOKEN; // Swedes write dates as ISO 8601 does
  const exact = formatted(SPOKEN, { dateStyle: "full", timeStyle: "long" });
  const day = formatted(written, whole);
  const dayOfYear = formatted(written, short);
  const clock = formatted(SPOKEN, { hour: "2-digit", minute: "2-digit" });
  const seconds = formatted(SPOKEN, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const ago = new Intl.RelativeTimeFormat(SPOKEN, { numeric: "auto", style: "short" });

  function formatted(language, parts) {
    try {
      return new Intl.DateTimeFormat(language, { ...parts, timeZone: zone });
    } catch {
      return new Intl.DateTimeFormat(language, parts); // a zone that this browser does not know
    }
  }

  window.confabTimes = { zone };

  function relative(at) {
    const passed = (Date.now() - at) / 1000;
    if (Math.abs(passed) < 60) return ago.format(-Math.round(passed), "second");
    if (Math.abs(passed) < 3600) return ago.format(-Math.round(passed / 60), "minute");
    if (Math.abs(passed) < 86400) return ago.format(-Math.round(passed / 3600), "hour");
    const date = at.getFullYear() === new Date().getFullYear() ? dayOfYear : day;
    return `${date.format(at)}, ${clock.format(at)}`;
  }

  const spellings = {
    relative,
    moment: (at) => `${day.format(at)}, ${clock.format(at)}`,
    clock: (at) => seconds.format(at),
  };

  function localTimes(root) {
    for (const time of root.querySelectorAll("time[data-shown]")) {
      const at = new Date(time.dateTime);
      const words = spellings[time.dataset.shown](at);
      if (time.textContent === words && time.title) continue;
      time.textContent = words;
      time.title = `${exact.format(at)} · ${time.dateTime}`;
    }
  }

  /* Copying: the button names the element whose text it takes, or carries the text itself. */

  async function copy(button) {
    const source = button.dataset.copyFrom && document.getElementById(button.dataset.copyFrom);
    await navigator.clipboard.writeText(source ? source.textContent : button.dataset.copy);
    const word = button.querySelector("[data-copied]") || (button.firstElementChild ? null : button);
    if (!word) return tell("Copied");
    const label = word.textContent;
    word.textContent = "Copied";
    setTimeout(() => { word.textContent = label; }, 1500);
  }

  /* Done: a word that goes by itself. */

  function tell(text) {
    const toast = Object.assign(document.createElement("p"), { className: "toast", textContent: text });
    document.getElementById("toasts").replaceChildren(toast);
    setTimeout(() => toast.remove(), 2600);
  }

  /* Failures: a sentence and a way on; nothing that was typed is lost. */

  function say(text, link) {
    const toast = document.createElement("p");
    toast.className = "notice error";
    toast.append(`${text} `);
    if (link) toast.append(link);
    document.getElementById("toasts").replaceChildren(toast);
    setTimeout(() => toast.remove(), 15000);
  }

  function signInLink() {
    const link = document.createElement("a");
    link.href = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
    link.textContent = "Sign in again";
    return link;
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    const answered = new URL(event.detail.xhr.responseURL || location.href).pathname;
    if (answered !== "/sign-in" || location.pathname === "/sign-in") return;
    event.detail.shouldSwap = false;
    say("Your sign-in has expired.", signInLink());
  });
  document.addEventListener("htmx:sendError", () => say("The server cannot be reached. Try again in a moment."));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 429) return say("Too many requests at once. Wait a moment, then try again.");
    say(event.detail.xhr.status === 404 ? "This is gone: it was deleted in the meantime." : "The server could not answer. Try again.");
  });

  /* Pictures and sounds of a conversation that cannot be shown: the reason instead of the browser's sign. */

  async function reasonAgainst(address) {
    try {
      const answer = await fetch(address, { headers: { Accept: "text/plain" } });
      if (answer.ok) return "Your browser cannot read it: it is damaged, or not of the type that was sent.";
      const words = answer.headers.get("Content-Type")?.startsWith("text/plain") ? await answer.text() : "";
      return words.trim().slice(0, 300) || "You may no longer open it.";
    } catch {
      return "The server cannot be reached.";
    }
  }

  async function explain(media) {
    const frame = media.closest("[data-missing]");
    if (!frame || frame.matches(".file-note")) return;
    frame.className = "file-note small";
    const reason = await reasonAgainst(media.src);
    const note = Object.assign(document.createElement("span"), { className: "muted small", textContent: reason });
    const link = Object.assign(document.createElement("a"), { href: media.src, textContent: frame.dataset.missing });
    frame.replaceChildren(link, note);
  }

  document.addEventListener("error", ({ target }) => { if (target.matches?.("img, audio")) explain(target); }, true);
  for (const picture of document.querySelectorAll(".picture img")) if (picture.complete && !picture.naturalWidth) explain(picture); /* it failed before */

  /* Panel: what stands beside the reading column, as long as it has something to show. */

  function closePanel() {
    const panel = document.getElementById("panel");
    if (!panel || !panel.firstElementChild) return false;
    panel.replaceChildren();
    document.querySelector(".span-link[aria-current='true']")?.focus();
    mark(null);
    return true;
  }

  function mark(link) {
    for (const marked of document.querySelectorAll(".span-link[aria-current]")) marked.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "true");
  }

  /* Menus: a click elsewhere closes them, and so does Escape, which gives the focus back to the button. */

  function closeMenus(except) {
    const open = [...document.querySelectorAll("details.menu[open]")].filter((menu) => !menu.contains(except));
    for (const menu of open) menu.open = false;
    return open.at(-1)?.querySelector("summary");
  }

  /* Keys of the page: j and k move along what is listed. */

  function move(step) {
    const stops = [...document.querySelectorAll("[data-stop]")].filter((stop) => stop.checkVisibility());
    const here = stops.indexOf(document.activeElement);
    stops[Math.min(Math.max(here + step, 0), stops.length - 1)]?.focus();
  }

  function openAll() {
    const folds = [...document.querySelectorAll("details.call, details.reasoning, details.system")];
    const isClosed = folds.some((fold) => !fold.open);
    for (const fold of folds) fold.open = isClosed || fold.matches("[data-failed]"); // what failed stays open
  }

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    e: openAll,
    "/": () => document.querySelector("[data-key='/']")?.focus(),
    "?": () => document.getElementById("keys")?.togglePopover(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const button = closeMenus(null);
      if (button) return button.focus();
      if (closePanel()) return;
      if (event.target.matches("[data-key='/']")) event.target.blur(); // so that the keys of the page are heard again
    }
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.matches("[data-copy], [data-copy-from]")) copy(button);
    if (event.target.closest("[data-close-panel]") && closePanel()) event.preventDefault();
    closeMenus(event.target);
    if (event.target.closest("[data-theme-switch]")) {
      const theme = document.documentElement.dataset.theme;
      const isDark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      setTheme(isDark ? "light" : "dark");
    }
  });

  /* A menu of many entries has a field that narrows them. */
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-narrows]")) return;
    const sought = event.target.value.trim().toLowerCase();
    for (const item of event.target.closest(".menu-body").querySelectorAll("a.menu-item:not(.danger)")) {
      item.hidden = !item.textContent.toLowerCase().includes(sought);
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-theme-field]")) setTheme(event.target.value);
  });

  document.addEventListener("confab:shown", (event) => localTimes(event.target));
  document.addEventListener("htmx:oobAfterSwap", () => localTimes(document));
  document.addEventListener("htmx:afterSwap", (event) => {
    localTimes(event.detail.elt.parentNode || document);
    if (event.detail.target.id !== "panel") return;
    mark(event.detail.requestConfig.elt.closest(".span-link"));
    event.detail.target.querySelector("h2")?.focus({ preventScroll: true });
  });

  function start() {
    localTimes(document);
    document.querySelector(".subnav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" }); // on phones
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
