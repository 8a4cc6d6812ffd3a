/* The second click on the switch: the original never left the page, so it is back at once, with its address. */

(() => {
  "use strict";
  let isReverted = false;

  document.addEventListener("click", (event) => {
    const revert = event.target.closest?.("[data-revert]");
    if (!revert || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    isReverted = true;
    for (const translation of document.querySelectorAll(".turn > .translation")) translation.remove();
    const turns = document.getElementById("turns");
    if (turns) turns.dataset.kept = strip(`?${turns.dataset.kept}`).replace("?", "&");
    for (const window of document.querySelectorAll("[data-window]")) window.dataset.window = strip(window.dataset.window);
    for (const link of document.querySelectorAll('#turns a[href*="lang="]')) link.href = strip(link.href);
    history.replaceState(history.state, "", strip(location.href));
    document.querySelector(".translation-notice")?.remove();
    const button = document.getElementById("translate");
    if (!button) return;
    button.querySelector("span").textContent = button.dataset.name;
    button.setAttribute("aria-label", button.dataset.label);
    button.href = button.dataset.on;
    button.removeAttribute("data-revert");
    const summary = button.parentElement.querySelector("summary");
    summary.classList.remove("is-on");
    summary.querySelector(".shown-language")?.remove();
  });

  /* htmx remembers where the links of later turns led. */
  document.addEventListener("htmx:configRequest", (event) => {
    if (isReverted && event.target.closest?.("#turns")) event.detail.path = strip(event.detail.path);
  });

  function strip(address) {
    const url = new URL(address, location.href);
    if (!url.searchParams.has("lang")) return address;
    url.searchParams.delete("lang");
    return /^https?:/.test(address) ? url.href : address.startsWith("?") ? url.search : url.pathname + url.search;
  }
})();
