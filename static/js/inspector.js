/* The panels beside the conversation: a tab shows its panel at once, and a step that is chosen shows the panel of steps. */

(() => {
  "use strict";
  const inspector = document.querySelector("[data-inspector]");
  if (!inspector) return;
  const tabs = [...inspector.querySelectorAll("[role=tab]")];

  function choose(name) {
    for (const tab of tabs) {
      const isChosen = tab.getAttribute("aria-controls") === name;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !isChosen;
    }
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-inspector] [role=tab], [data-open-tab]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    choose(link.dataset.openTab || link.getAttribute("aria-controls"));
    const fold = link.matches("[href='#state-form']") && document.getElementById("state-form");
    if (!fold) return;
    fold.open = true;
    fold.querySelector("input[name=title]").focus();
  });

  inspector.addEventListener("keydown", (event) => {
    const here = tabs.indexOf(event.target);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (here < 0 || !step) return;
    const next = tabs[(here + step + tabs.length) % tabs.length];
    choose(next.getAttribute("aria-controls"));
    next.focus();
    event.preventDefault();
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id === "panel") choose("step");
  });
})();
