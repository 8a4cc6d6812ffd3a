/* The preview beside the list: it shows the session of the row that j and k, or its button, choose, and its width can be
   dragged. A wide screen opens it with the first row, unless the reader closed it. */

(() => {
  "use strict";
  const KEPT = "confab.peek"; // "closed" once the reader closed it
  const WAIT = 120; // ms on a row before it is asked for: a key that is held down passes many
  const WIDE = matchMedia("(min-width: 1300px)");
  const peek = document.getElementById("peek");
  if (!peek) return;
  let shown = null;
  let waiting = 0;

  const rows = () => [...document.querySelectorAll("#rows tr:not(.more)")];
  const linkOf = (row) => row.querySelector(".said-link");

  function mark(row) {
    for (const other of document.querySelectorAll("#rows tr[aria-current]")) other.removeAttribute("aria-current");
    row?.setAttribute("aria-current", "true");
    shown = row?.id ?? null;
  }

  async function show(row) {
    if (!row || !WIDE.matches || row.id === shown) return;
    mark(row);
    const address = new URL(linkOf(row).href);
    const lang = peek.querySelector("[data-peek-lang]")?.dataset.peekLang; // the language of the row before stays
    address.search = lang ? `?${new URLSearchParams({ peek: "", lang })}` : "?peek";
    await htmx.ajax("GET", address.pathname + address.search, { source: peek, target: peek, swap: "innerHTML" });
    if (shown !== row.id) return;
    const open = peek.querySelector("[data-peek-open]");
    if (open) open.href = linkOf(row).href;
    peek.scrollTop = 0;
  }

  function step(by) {
    const all = rows();
    const here = all.findIndex((row) => row.id === shown);
    const next = all[Math.max(0, Math.min(here + by, all.length - 1))];
    if (next) linkOf(next).focus();
  }

  function close() {
    sessionStorage.setItem(KEPT, "closed");
    document.body.classList.remove("has-peek");
    const row = shown && document.getElementById(shown);
    mark(null);
    peek.replaceChildren();
    if (row) linkOf(row).focus();
  }

  function open(row) {
    sessionStorage.removeItem(KEPT);
    document.body.classList.add("has-peek");
    show(row);
  }

  document.addEventListener("focusin", (event) => {
    const row = event.target.matches?.(".said-link") && event.target.closest("#rows tr");
    clearTimeout(waiting);
    if (row && document.body.classList.contains("has-peek")) waiting = setTimeout(show, WAIT, row);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-peek], [data-peek-step], [data-peek-close]");
    if (!button) return;
    if (button.matches("[data-peek-close]")) close();
    else if (button.matches("[data-peek-step]")) step(Number(button.dataset.peekStep));
    else open(button.closest("tr"));
  });

  /* The splitter: dragged, or moved by arrows in steps of 16 px. The width is kept with the account. */

  const splitter = document.getElementById("splitter");
  const LEAST = Number(splitter.getAttribute("aria-valuemin"));
  const MOST = Number(splitter.getAttribute("aria-valuemax"));
  const widthNow = () => Number(splitter.getAttribute("aria-valuenow"));
  const steps = { ArrowLeft: () => widthNow() + 16, ArrowRight: () => widthNow() - 16, Home: () => LEAST, End: () => MOST };
  let keeping;

  function widen(width) {
    const wanted = Math.round(Math.min(Math.max(width, LEAST), MOST));
    document.body.style.setProperty("--peek", `${wanted}px`);
    splitter.setAttribute("aria-valuenow", wanted);
  }

  function keep() {
    clearTimeout(keeping);
    keeping = setTimeout(() => {
      const headers = { "X-CSRFToken": document.querySelector("[name='csrfmiddlewaretoken']").value, "HX-Request": "true" };
      fetch(splitter.dataset.kept, { method: "POST", headers, body: new URLSearchParams({ peek: widthNow() }) });
    }, 400);
  }

  splitter.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    splitter.focus();
    splitter.setPointerCapture(event.pointerId);
  });
  splitter.addEventListener("pointermove", (event) => {
    if (splitter.hasPointerCapture(event.pointerId)) widen(innerWidth - event.clientX);
  });
  splitter.addEventListener("lostpointercapture", keep);
  splitter.addEventListener("keydown", (event) => {
    if (!steps[event.key]) return;
    event.preventDefault();
    widen(steps[event.key]());
    keep();
  });

  /* What is set in the preview shows in its row, which is drawn anew. */
  async function renewRow() {
    const row = shown && document.getElementById(shown);
    if (!row) return;
    const address = new URL(location.href);
    const kept = ["columns", "density", "view"].map((name) => [name, address.searchParams.get(name)]).filter(([, value]) => value);
    const asked = new URLSearchParams([...kept, ["session_id", row.querySelector("[name='session']").value], ["cursor", ""]]);
    const answer = await fetch(`${address.pathname}?${asked}`, { headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(`<table><tbody>${await answer.text()}</tbody></table>`, "text/html").querySelector("tr");
    if (fresh?.id !== row.id) return;
    linkOf(fresh).href = linkOf(row).getAttribute("href"); /* which knows the list that it stands in */
    fresh.querySelector("[name='session']").checked = row.querySelector("[name='session']").checked;
    row.replaceWith(fresh);
    fresh.dispatchEvent(new CustomEvent("confab:shown", { bubbles: true }));
  }

  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful } = event.detail;
    if (successful && elt.matches("form") && (peek.contains(elt) || !elt.isConnected)) renewRow();
  });

  /* Rows that are drawn anew keep the mark. */
  document.addEventListener("confab:shown", () => {
    if (shown) document.getElementById(shown)?.setAttribute("aria-current", "true");
  });

  function start() {
    widen(widthNow());
    if (sessionStorage.getItem(KEPT) === "closed" || !WIDE.matches || !rows().length) return;
    document.body.classList.add("has-peek");
    show(rows()[0]);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
