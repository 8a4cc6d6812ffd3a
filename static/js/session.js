/* The conversation of one session: windows of turns that come and go, jumps, and the hits of a search. */

(() => {
  "use strict";
  const turns = document.getElementById("turns");
  if (!turns) return;
  const FAR = "3000px 0px"; // what lies farther off the screen is taken out, so that memory stays small
  const NEAR = "1200px 0px"; // what comes nearer is loaded
  const whenIdle = globalThis.requestIdleCallback ?? setTimeout; // so that what was taken out is cleaned up before more comes
  let isUpward = false;
  let lastTop = scrollY;

  /* Every request names its source: htmx lets one source wait for its own requests only, and drops what waits longest. */

  /* Windows: a far one keeps its height and loses its content until it is reached again. */

  const isInUse = (window) => window.contains(document.activeElement) || window.querySelector("details.fold[open], details.call[open]:not([data-failed]), .unplayed, [aria-current]");

  const emptier = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting && target.dataset.emptied) refill(target);
      else if (!isIntersecting && !target.dataset.emptied && target.isConnected && !isInUse(target)) empty(target);
    }
  }, { rootMargin: FAR });

  function empty(window) {
    window.style.height = `${window.getBoundingClientRect().height}px`;
    window.dataset.emptied = "true";
    window.replaceChildren();
  }

  async function refill(window) {
    delete window.dataset.emptied;
    await htmx.ajax("GET", window.dataset.window, { source: window, target: window, swap: "window", select: ".window > *" });
    if (window.dataset.emptied) window.replaceChildren(); // it was left again before it arrived
    else window.style.height = "";
  }

  /* To prepare a window, htmx makes an object of every attribute in it, which a tab pays with many megabytes. So what
     arrives is only put in, and a turn is prepared when somebody touches it. */

  htmx.defineExtension("windows", {
    handleSwap(style, target, fragment, settling) {
      if (style !== "window") return false;
      const unasked = [...fragment.querySelectorAll(":scope > :not(.window, .turn), [hx-trigger*=intersect]")];
      if (target.matches(".read-on")) {
        settling.elts = [...fragment.children];
        target.replaceWith(fragment);
      } else target.replaceChildren(fragment);
      return unasked;
    },
  });

  const prepared = new WeakSet();

  function prepare({ target }) {
    const turn = target.closest(".turn");
    if (!turn || prepared.has(turn)) return;
    prepared.add(turn);
    htmx.process(turn);
  }

  for (const type of ["click", "submit", "toggle"]) turns.addEventListener(type, prepare, { capture: true });

  const reader = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) readOn(target);
    }
  }, { rootMargin: NEAR });

  function readOn(pager) {
    if (pager.dataset.asked) return;
    pager.dataset.asked = "true";
    whenIdle(() => htmx.ajax("GET", pager.querySelector("a").getAttribute("href"), { source: pager, target: pager, swap: "window" }), { timeout: 1000 });
  }

  /* Earlier turns come only to who scrolls up: they would push away what a link led to. */
  function readBack() {
    const earlier = turns.querySelector(".read-on.earlier");
    if (isUpward && earlier && earlier.getBoundingClientRect().bottom > -1200) readOn(earlier);
  }

  const observed = new WeakSet();

  function observe() {
    for (const [observer, selector] of [[emptier, ".window"], [reader, ".read-on.later"]]) {
      for (const element of turns.querySelectorAll(selector)) {
        if (observed.has(element)) continue;
        observed.add(element);
        observer.observe(element);
      }
    }
  }

  addEventListener("scroll", () => {
    if (scrollY !== lastTop) isUpward = scrollY < lastTop;
    lastTop = scrollY;
    readBack();
  }, { passive: true });

  /* What is put in above must not push away what is being read; a browser does that by itself, except at the top. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!event.detail.target.matches?.(".earlier")) return;
    const first = turns.querySelector(".turn");
    const before = first?.getBoundingClientRect().top;
    if (first) document.addEventListener("htmx:afterSwap", () => scrollBy(0, first.getBoundingClientRect().top - before), { once: true });
  });

  /* Jumps: to a turn that is here, or by a window around one that is not. */

  const article = (traceId) => document.getElementById(`trace-${traceId}`);
  const calm = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

  async function jump(traceId, { focus = true, smooth = true } = {}) {
    if (!article(traceId)) await load(`turn=${encodeURIComponent(traceId)}`);
    const found = article(traceId);
    if (found) arrive(found, { focus, smooth });
    return found;
  }

  async function jumpToNumber(number) {
    if (!byNumber(number)) await load(`at=${number}`);
    return byNumber(number);
  }

  const byNumber = (number) => turns.querySelector(`.turn[data-number="${number}"]`);

  /* One after the other, and only the latest that was asked for. */
  let loading = Promise.resolve();
  let asked = 0;

  async function load(query) {
    const mine = ++asked;
    await loading;
    if (mine !== asked) return;
    loading = htmx.ajax("GET", `${turns.dataset.page}?${query}${turns.dataset.kept}`, { source: turns, target: turns, swap: "window" });
    await loading;
  }

  function arrive(found, { focus, smooth }) {
    for (const marked of turns.querySelectorAll(".turn.here")) marked.classList.remove("here");
    found.classList.add("here");
    found.scrollIntoView({ block: "start", behavior: smooth ? calm() : "auto" });
    if (focus) found.querySelector("[data-stop]").focus({ preventScroll: true });
    const query = new URLSearchParams(location.search);
    query.delete("at");
    query.set("turn", found.dataset.turn);
    history.replaceState(null, "", `?${query}#trace-${encodeURIComponent(found.dataset.turn)}`);
  }

  /* Hits: listed by the server, marked here without touching the text. */

  const hits = document.getElementById("hits");
  let place = -1;

  function mark() {
    if (!globalThis.Highlight) return;
    CSS.highlights.delete("find");
    const asked = hits.querySelector("[data-asked]")?.dataset.asked.toLowerCase();
    if (!asked) return;
    const ranges = [];
    const walker = document.createTreeWalker(turns, NodeFilter.SHOW_TEXT);
    while (walker.nextNode() && ranges.length < 2000) {
      const text = walker.currentNode.data.toLowerCase();
      for (let at = text.indexOf(asked); at >= 0; at = text.indexOf(asked, at + asked.length)) {
        const range = new Range();
        range.setStart(walker.currentNode, at);
        range.setEnd(walker.currentNode, Math.min(at + asked.length, walker.currentNode.length));
        ranges.push(range);
      }
    }
    CSS.highlights.set("find", new Highlight(...ranges));
  }

  function toHit(step) {
    const links = [...hits.querySelectorAll("[data-jump]")];
    if (!links.length) return;
    place = (place + step + links.length) % links.length;
    for (const link of links) link.removeAttribute("aria-current");
    links[place].setAttribute("aria-current", "true");
    links[place].scrollIntoView({ block: "nearest" });
    jump(links[place].dataset.jump, { focus: false });
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-jump], [data-hit], [data-hits-close]");
    if (!target) return;
    if (target.matches("[data-hit]")) toHit(Number(target.dataset.hit));
    else if (target.matches("[data-hits-close]")) { hits.replaceChildren(); mark(); }
    else if (!event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      if (hits.contains(target)) place = [...hits.querySelectorAll("[data-jump]")].indexOf(target);
      jump(target.dataset.jump);
    }
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === hits) place = -1; // at once: when they have settled, somebody may be at the first already
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    observe();
    if (event.detail.target === hits || turns.contains(event.detail.target)) mark();
  });

  /* A turn that grew is sent again: what was open in it stays open. */
  let opened = [];
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target.matches?.("[data-reading]")) opened = [...event.detail.target.querySelectorAll("details")].map((fold) => fold.open);
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (!event.detail.target.matches?.("[data-reading]")) return;
    for (const [place, fold] of event.detail.target.querySelectorAll("details").entries()) {
      if (opened[place]) fold.open = true;
    }
  });

  function start() {
    observe();
    mark();
    const at = new URLSearchParams(location.search).get("at");
    if (at && !at.includes(".")) byNumber(at)?.scrollIntoView();
  }

  globalThis.conversation = { jump, jumpToNumber, byNumber, calm, turns };
  start();
})();
