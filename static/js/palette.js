/* The palette: Ctrl K or ⌘ K opens it anywhere in a project; the arrows move, Enter opens the first or the chosen. */

(() => {
  "use strict";
  const palette = () => document.getElementById("palette");
  const links = () => [...palette().querySelectorAll("a")];

  function toggle() {
    if (palette().open) palette().close();
    else {
      palette().showModal();
      palette().querySelector("input").select();
    }
  }

  function step(by) {
    const every = [palette().querySelector("input"), ...links()];
    const here = Math.max(every.indexOf(document.activeElement), 0);
    every[(here + by + every.length) % every.length]?.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (!palette()) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      toggle();
    } else if (palette().open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    }
  });
  document.addEventListener("submit", (event) => {
    const first = event.target.closest("#palette") && links()[0];
    if (!first) return;
    event.preventDefault();
    location.assign(first.href);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-palette]")) toggle();
    if (event.target === palette()) palette().close(); /* beside it */
  });
})();
