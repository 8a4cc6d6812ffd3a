/* The query box completes what is typed, facets open when they are looked into. Without it they are a form and links. */

(() => {
  "use strict";
  const input = document.getElementById("query");
  const list = document.getElementById("suggest");
  const news = document.getElementById("suggest-news");

  /* Suggestions: a listbox below the box; the focus stays in the box. */

  const WAIT = 120;
  let timer = 0;
  let asking = null;
  let chosen = -1;

  const options = () => [...list.querySelectorAll("[role='option']")];

  function close() {
    clearTimeout(timer);
    asking?.abort();
    list.hidden = true;
    choose(-1);
    input.setAttribute("aria-expanded", "false");
  }

  function choose(index) {
    const all = options();
    chosen = all.length ? (index + all.length + (index < -1 ? 1 : 0)) % all.length : -1;
    if (index === -1) chosen = -1;
    all.forEach((option, place) => option.setAttribute("aria-selected", String(place === chosen)));
    if (chosen < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", all[chosen].id);
      all[chosen].scrollIntoView({ block: "nearest" });
    }
  }

  async function ask() {
    asking?.abort();
    asking = new AbortController();
    const address = new URL(input.dataset.suggest, location.href);
    address.searchParams.set("q", input.value);
    address.searchParams.set("at", [...input.value.slice(0, input.selectionStart)].length);
    try {
      const answer = await fetch(address, { signal: asking.signal, headers: { "HX-Request": "true" } });
      if (!answer.ok || answer.redirected) return close();
      list.innerHTML = await answer.text();
    } catch {
      return; /* a newer question is under way, or the network is away: the box works without */
    }
    const count = options().length;
    list.hidden = !count || document.activeElement !== input;
    input.setAttribute("aria-expanded", String(!list.hidden));
    news.textContent = count ? `${count} suggestions` : "";
    choose(-1);
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  }

  function insert(option) {
    const head = [...input.value].slice(0, Number(option.dataset.start)).join("") + option.dataset.insert;
    const tail = input.value.slice(input.selectionStart);
    input.value = head + (option.dataset.insert.endsWith(" ") ? tail.trimStart() : tail);
    input.setSelectionRange(head.length, head.length);
    input.focus();
    ask();
  }

  /* A query that cannot be followed is told in full, and the list stays. */
  async function checked(event) {
    const { form } = input;
    if (!input.value.trim() || !form.dataset.check) return;
    event.preventDefault();
    close();
    const address = new URL(form.dataset.check, location.href);
    address.searchParams.set("check", "");
    address.searchParams.set("q", input.value);
    const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer || answer.status !== 200 || answer.redirected) return form.submit();
    document.getElementById("query-faults").innerHTML = await answer.text();
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", "query-fault");
    input.focus();
  }

  const keys = {
    ArrowDown: () => choose(chosen + 1),
    ArrowUp: () => choose(chosen <= 0 ? options().length - 1 : chosen - 1),
    Enter: () => insert(options()[chosen]),
    Tab: () => insert(options()[Math.max(chosen, 0)]),
    Escape: close,
  };

  function pressed(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (list.hidden) {
      if (event.key === "ArrowDown") ask();
      return;
    }
    if (!Object.hasOwn(keys, event.key) || (event.key === "Enter" && chosen < 0)) return;
    if (event.key === "Tab" && chosen < 0 && !input.value) return; /* an empty box is left by it */
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }

  if (input) {
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", "suggest");
    input.setAttribute("aria-expanded", "false");
    input.addEventListener("input", soon);
    input.addEventListener("click", soon);
    input.addEventListener("keydown", pressed);
    input.addEventListener("blur", close);
    input.form.addEventListener("submit", checked);
    list.addEventListener("mousedown", (event) => {
      event.preventDefault(); /* the focus stays in the box */
      const option = event.target.closest("[role='option']");
      if (option) insert(option);
    });
  }

  /* Facets: which ones stand open is remembered while the tab lives; on a phone all of them wait behind their head. */

  const KEPT = "confab.facets";
  const FOLDED = "confab.facets.folded";
  const facets = document.getElementById("facets");

  function opened(facet) {
    const body = facet.querySelector(".facet-body");
    if (!facet.open || !body || body.dataset.state) return;
    body.dataset.state = "asked";
    const failed = () => delete body.dataset.state; /* the next opening asks again */
    htmx.ajax("GET", body.dataset.values, { source: body, target: body, swap: "innerHTML" }).catch(failed);
  }

  function keep() {
    const open = [...facets.querySelectorAll(".facet")].flatMap((facet, place) => (facet.open ? [place] : []));
    sessionStorage.setItem(KEPT, JSON.stringify(open));
  }

  /* Beside a list, the button folds all of them to a slim rail, and back. Beside a preview the rail is what one finds. */
  const isRail = () => getComputedStyle(facets.parentElement).display === "none";
  const NARROW = matchMedia("(max-width: 999px)"); /* the filters are above the list, and folded at first */

  function told() {
    for (const button of document.querySelectorAll("[data-facets]")) button.setAttribute("aria-expanded", String(!isRail()));
  }

  function fold(isFolded) {
    document.body.classList.toggle("rail-folded", isFolded);
    document.body.classList.toggle("rail-open", !isFolded);
    told();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-facets]");
    if (!button) return;
    const isFolded = !isRail();
    if (NARROW.matches) {
      facets.open = !isFolded;
      return told();
    }
    sessionStorage.setItem(FOLDED, isFolded ? "yes" : "no");
    fold(isFolded);
  });

  function startFacets() {
    const kept = sessionStorage.getItem(FOLDED);
    if (kept) fold(kept === "yes");
    const fit = () => { facets.open = !NARROW.matches; told(); };
    NARROW.addEventListener("change", fit);
    fit();
    const all = [...facets.querySelectorAll(".facet")];
    for (const place of JSON.parse(sessionStorage.getItem(KEPT) || "[]")) if (all[place]) all[place].open = true;
    for (const facet of all) {
      facet.addEventListener("toggle", () => { opened(facet); keep(); });
      opened(facet);
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => facets && startFacets());
  else if (facets) startFacets();
})();
