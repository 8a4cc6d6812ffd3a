/* The list page: selection, live mode, widths and order of columns, and its keys. Without it everything is links and forms. */

(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const boxes = () => $$("#rows input[name='session']");

  /* Selection: the bar shows while something is ticked; shift ticks what lies between. */

  let last = null;

  function showBar() {
    const bar = $("#bulk");
    if (!bar) return;
    const all = $("[name='all']", bar).checked;
    const ticked = boxes().filter((box) => box.checked);
    bar.classList.toggle("is-open", all || ticked.length > 0);
    $("#bulk-count").textContent = ticked.length;
    $(".bulk-count", bar).classList.toggle("is-moot", all);
    const page = $("#pick-page");
    page.checked = ticked.length > 0 && ticked.length === boxes().length;
    page.indeterminate = ticked.length > 0 && !page.checked;
  }

  function tick(box, event) {
    const every = boxes();
    if (event.shiftKey && last && every.includes(last)) {
      const [from, to] = [every.indexOf(last), every.indexOf(box)].sort((a, b) => a - b);
      for (const between of every.slice(from, to + 1)) between.checked = box.checked;
    }
    last = box;
    showBar();
  }

  function tickFocused() {
    const box = $("input[name='session']", document.activeElement.closest("#rows tr") || document.createElement("i"));
    if (!box) return;
    box.checked = !box.checked;
    last = box;
    showBar();
  }

  document.addEventListener("click", (event) => {
    if (event.target.matches("#rows input[name='session']")) return tick(event.target, event);

    /* A row opens wherever it is clicked. */
    const row = event.target.closest("#rows tr");
    if (!row || event.target.closest("a, button, input, label, summary") || String(getSelection())) return;
    const link = $(".said-link", row);
    if (!link) return;
    if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
    else link.click();
  });
  document.addEventListener("change", (event) => {
    if (event.target.id === "pick-page") {
      for (const box of boxes()) box.checked = event.target.checked;
      showBar();
    }
    if (event.target.matches("#bulk [name='all']")) showBar();
  });
  document.addEventListener("reset", (event) => {
    if (event.target.id !== "bulk") return;
    for (const box of boxes()) box.checked = false; /* theirs is the form, not its place */
    setTimeout(showBar);
  });

  /* Live: looks every few seconds while the page is seen. Rows on the page are replaced where they stand; what is new
     waits behind a button, which presses itself when nobody is reading or selecting. */

  const EVERY = 4000;
  const news = new Set();

  const isBusy = () => document.hidden || document.body.classList.contains("is-held");
  const scrolled = () => Math.max(window.scrollY, $("#list .table-box")?.scrollTop ?? 0);
  const isReading = () => scrolled() > 40 || boxes().some((box) => box.checked)
    || Boolean($("#rows :focus")) || Boolean($("#rows:hover")) || Boolean($("details.menu[open], dialog[open]"));

  function look() {
    if ($("#live") && !isBusy()) htmx.trigger("#live", "look");
  }

  function merge(live) {
    const template = $("template", live);
    if (template) renewTotals();
    for (const row of template ? [...template.content.children] : []) {
      const shown = document.getElementById(row.id);
      if (!shown) news.add(row.id);
      else if (shown.dataset.version !== row.dataset.version) {
        replace(shown, row);
        if (row.id !== $("#rows tr")?.id) news.add(row.id); /* it may belong further up now */
      }
    }
    if (news.size) announce(live.hasAttribute("data-more"));
  }

  /* The totals above the rows follow what has changed, after a pause. */
  let renewing;
  function renewTotals() {
    clearTimeout(renewing);
    renewing = setTimeout(() => $("#strip") && htmx.trigger("#strip", "renew"), 1500);
  }

  function replace(shown, row) {
    if (shown.contains(document.activeElement)) return; /* the next look brings it */
    $("input", row).checked = $("input", shown).checked;
    row.classList.add("is-changed");
    shown.replaceWith(row);
    row.dispatchEvent(new CustomEvent("confab:shown", { bubbles: true }));
  }

  function announce(hasMore) {
    const link = $("#live-show");
    if (!link) return;
    $("#live-count").textContent = `${news.size}${hasMore ? "+" : ""}`;
    link.hidden = false;
    if (!isReading()) link.click();
  }

  function shown(rows) {
    for (const id of news) document.getElementById(id)?.classList.add("is-changed");
    news.clear();
    const link = $("#live-show");
    if (link) link.hidden = true;
    showBar();
    rows.dispatchEvent(new CustomEvent("confab:shown", { bubbles: true }));
  }

  /* Columns: widths by dragging or by arrow keys, order by dragging in the menu. */

  const csrf = () => $("[name='csrfmiddlewaretoken']")?.value;

  function columnOf(handle) {
    const head = handle.closest("th");
    return $(`colgroup col:nth-child(${head.cellIndex + 1})`, head.closest("table"));
  }

  function widen(handle, width) {
    const col = columnOf(handle);
    const table = handle.closest("table");
    const wanted = Math.min(Math.max(Math.round(width), 60), 900);
    table.setAttribute("width", Number(table.getAttribute("width")) + wanted - Number(col.getAttribute("width")));
    col.setAttribute("width", wanted);
    handle.setAttribute("aria-valuenow", wanted);
  }

  let saving;
  function saveWidths(table) {
    clearTimeout(saving);
    saving = setTimeout(() => {
      const body = new URLSearchParams();
      for (const head of $$("th[data-column]", table)) {
        body.append("width", `${head.dataset.column}:${$(".resize", head).getAttribute("aria-valuenow")}`);
      }
      const headers = { "X-CSRFToken": csrf(), "HX-Request": "true" };
      fetch($("#layout").action, { method: "POST", body, headers });
    }, 400);
  }

  document.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest(".resize");
    if (!handle) return;
    event.preventDefault();
    const [start, width] = [event.clientX, handle.closest("th").offsetWidth];
    const move = (moved) => widen(handle, width + moved.clientX - start);
    handle.setPointerCapture(event.pointerId);
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", () => {
      handle.removeEventListener("pointermove", move);
      saveWidths(handle.closest("table"));
    }, { once: true });
  });
  document.addEventListener("keydown", (event) => {
    const handle = event.target.closest?.(".resize");
    const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
    if (!handle || !step) return;
    event.preventDefault();
    widen(handle, Number(handle.getAttribute("aria-valuenow")) + step);
    saveWidths(handle.closest("table"));
  });

  let dragged = null;
  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.(".layout-columns li");
  });
  document.addEventListener("dragover", (event) => {
    const over = event.target.closest?.(".layout-columns li");
    if (!dragged || !over || over === dragged) return;
    event.preventDefault();
    const isBelow = event.clientY > over.getBoundingClientRect().top + over.offsetHeight / 2;
    over[isBelow ? "after" : "before"](dragged);
  });
  document.addEventListener("dragend", () => { dragged = null; });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#layout button[name='up'], #layout button[name='down']");
    if (!button) return;
    event.preventDefault();
    const item = button.closest("li");
    if (button.name === "up") item.previousElementSibling?.before(item);
    else item.nextElementSibling?.after(item);
    button.focus();
  });

  /* Keys: confab.js moves with j and k; x ticks. */

  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input:not([type='checkbox']), textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "x") tickFocused();
    if (event.key === "e") $("[data-key='e']")?.click();
    if (event.key === "Escape" && boxes().some((box) => box.checked)) $("#bulk").reset();
  });

  /* Rows that follow take the focus when a key asked for them. */

  document.addEventListener("htmx:afterSwap", (event) => {
    const { target, requestConfig, elt } = event.detail;
    if (requestConfig.elt.id === "live") merge($("#live"));
    if (target.id === "rows" || elt.id === "rows") shown($("#rows"));
    if (requestConfig.elt.matches?.(".more a")) {
      if ($("#bulk [name='all']")?.checked) showBar();
      if (requestConfig.triggeringEvent?.type === "click") elt.querySelector?.("[data-stop]")?.focus();
    }
  });

  function start() {
    for (const item of $$(".layout-columns li")) item.draggable = true;
    showBar();
    setInterval(look, EVERY);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
