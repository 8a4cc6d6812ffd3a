/* The conversation of one session: windows of turns that come and go, and jumps. */

(() => {
  "use strict";
  const turns = document.getElementById("turns");
  if (!turns) return;
  const FAR = "2000px 0px"; // what lies farther off the screen is taken out, so that memory stays small
  const NEAR = "1200px 0px"; // what comes nearer is loaded
  const SHELF = 16; // windows
  const whenIdle = globalThis.requestIdleCallback ?? setTimeout; // so that what was taken out is cleaned up before more comes
  let isUpward = false;
  let lastTop = scrollY;

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
    weigh();
  }

  /* A browser that counts only what scripts keep sees no reason to clean up: the elements, styles and boxes of turns that
     were left weigh far more. A buffer of their weight, which nobody fills and nobody keeps, is such a reason. */
  const weigh = () => { try { return new ArrayBuffer(64 * 1024 * 1024); } catch { return null; } }; // where there is room

  async function refill(window) {
    delete window.dataset.emptied;
    const arrived = await bring(window.dataset.window);
    if (!arrived) window.dataset.emptied = "true"; // to be asked for once more
    if (window.dataset.emptied) return; // or it was left again before it arrived
    window.style.height = "";
    put(arrived, (content) => window.replaceChildren(...content.querySelector(".window").children));
  }

  /* Windows come without htmx: it makes a document of every answer and an object of every attribute, which a tab pays
     with many megabytes. What asks by itself is prepared at once, and a turn when somebody touches it. */
  const ASKING = ".waiting, [hx-trigger^=load]";
  const COMING = "[hx-trigger*=intersect]"; // the rest of a turn, or its translation: for the reader who comes near
  const tell = (name, detail) => { turns.dispatchEvent(new CustomEvent(name, { bubbles: true, detail })); };

  async function bring(address) {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer) return tell("htmx:sendError", {});
    const detail = { xhr: { status: answer.status, responseURL: answer.url }, target: turns, shouldSwap: answer.ok };
    tell(answer.ok ? "htmx:beforeSwap" : "htmx:responseError", detail);
    if (!detail.shouldSwap) return null; // as after a sign-in that expired
    const arrived = document.createElement("template");
    arrived.innerHTML = await answer.text();
    return arrived.content;
  }

  function put(arrived, swap) {
    const asking = [...arrived.querySelectorAll(ASKING)];
    expect(arrived);
    swap(arrived);
    for (const element of asking) if (element.isConnected) htmx.process(element);
    weigh();
    tell("confab:shown");
  }

  function expect(root) {
    for (const element of root.querySelectorAll(COMING)) {
      element.setAttribute("hx-trigger", "click"); // if it does not come by itself
      reader.observe(element);
    }
  }

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

  function readOn(place) {
    if (place.dataset.asked) return;
    place.dataset.asked = "true";
    whenIdle(() => (place.matches(".pager") ? follow(place) : complete(place)), { timeout: 1000 });
  }

  async function complete(element) {
    reader.unobserve(element);
    const arrived = await bring(element.getAttribute("hx-get"));
    const target = element.getAttribute("hx-target");
    const place = target === "this" ? element : element.closest(target.slice("closest ".length));
    if (!arrived || !place?.isConnected) return;
    put(arrived, (content) => (element.getAttribute("hx-swap") ? place.replaceWith(content) : place.replaceChildren(content)));
  }

  /* What is put in above must not push away what is being read; a browser does that by itself, except at the top. */
  async function follow(pager) {
    const arrived = await bring(pager.querySelector("a").href);
    delete pager.dataset.asked;
    if (!arrived || !pager.isConnected) return;
    const first = pager.matches(".earlier") && turns.querySelector(".turn");
    const before = first && first.getBoundingClientRect().top;
    if (!first) shelve(pager);
    put(arrived, (content) => pager.replaceWith(content));
    if (first) scrollBy(0, first.getBoundingClientRect().top - before);
  }

  /* A browser lists again what a box contains with every layout: so windows stand on shelves of a few. */
  function shelve(pager) {
    if (pager.parentElement !== turns && pager.parentElement.childElementCount <= SHELF) return;
    turns.appendChild(document.createElement("div")).append(pager);
  }

  turns.addEventListener("click", (event) => {
    const link = event.target.closest(".pager.read-on > a");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    readOn(link.parentElement);
  });

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
    loading = bring(`${turns.dataset.page}?${query}${turns.dataset.kept}`);
    const arrived = await loading;
    if (arrived) put(arrived, (content) => turns.replaceChildren(content));
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

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-jump]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    jump(link.dataset.jump);
  });

  turns.addEventListener("confab:shown", observe);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (turns.contains(event.detail.target)) observe();
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
    expect(turns);
    observe();
    const at = new URLSearchParams(location.search).get("at");
    if (at && !at.includes(".")) byNumber(at)?.scrollIntoView();
  }

  globalThis.conversation = { jump, jumpToNumber, byNumber, calm, turns };
  start();
})();
