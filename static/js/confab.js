/* The little that HTML and htmx leave to us: theme, local times, copying, keys, and what to say when a request fails. */

(() => {
  "use strict";
  document.documentElement.classList.add("js");

  /* Theme: a cookie, so that the server sends the right page at once and nothing flashes. */

  const themeField = () => document.querySelector("[data-theme-field]");

  function setTheme(theme) {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    document.cookie = `theme=${theme}; path=/; max-age=${theme ? 31536000 : 0}; samesite=lax`;
  }

  /* Times: in the reader's zone, with the exact instant in the title. */

  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
  const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
  const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
  const seconds = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const ago = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });

  function relative(at) {
    const passed = (Date.now() - at) / 1000;
    if (Math.abs(passed) < 60) return ago.format(-Math.round(passed), "second");
    if (Math.abs(passed) < 3600) return ago.format(-Math.round(passed / 60), "minute");
    if (Math.abs(passed) < 86400) return ago.format(-Math.round(passed / 3600), "hour");
    return `${day.format(at)}, ${clock.format(at)}`;
  }

  const spellings = {
    relative,
    moment: (at) => `${day.format(at)}, ${clock.format(at)}`,
    clock: (at) => seconds.format(at),
  };

  function localTimes(root) {
    for (const time of root.querySelectorAll("time[data-shown]")) {
      const at = new Date(time.dateTime);
      time.textContent = spellings[time.dataset.shown](at);
      time.title = `${exact.format(at)} · ${time.dateTime}`;
    }
  }

  /* Copying: the button names the element whose text it takes, or carries the text itself. */

  async function copy(button) {
    const source = button.dataset.copyFrom && document.getElementById(button.dataset.copyFrom);
    await navigator.clipboard.writeText(source ? source.textContent : button.dataset.copy);
    const label = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1500);
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
    say(event.detail.xhr.status === 404 ? "This is gone: it was deleted meanwhile." : "The server could not answer. Try again.");
  });

  /* Panel: what stands beside the reading column, as long as it has something to show. */

  function closePanel() {
    const panel = document.getElementById("panel");
    if (!panel || !panel.firstElementChild) return false;
    panel.replaceChildren();
    document.querySelector("[aria-current='true']")?.focus();
    mark(null);
    return true;
  }

  function mark(link) {
    for (const marked of document.querySelectorAll(".span-link[aria-current]")) marked.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "true");
  }

  /* Keys of the page: j and k move along what is listed. */

  function move(step) {
    const stops = [...document.querySelectorAll("[data-stop]")].filter((stop) => stop.offsetParent);
    const here = stops.indexOf(document.activeElement);
    stops[Math.min(Math.max(here + step, 0), stops.length - 1)]?.focus();
  }

  function openAll() {
    const folds = [...document.querySelectorAll("details.call, details.reasoning, details.system")];
    const isClosed = folds.some((fold) => !fold.open);
    for (const fold of folds) fold.open = isClosed;
  }

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    e: openAll,
    "/": () => document.querySelector("[data-key='/']")?.focus(),
    "?": () => document.getElementById("keys")?.togglePopover(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && closePanel()) return;
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.matches("[data-copy], [data-copy-from]")) copy(button);
    if (event.target.closest("[data-close-panel]") && closePanel()) event.preventDefault();
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target === themeField()) setTheme(event.target.value);
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
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
