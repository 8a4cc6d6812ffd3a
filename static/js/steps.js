/* Steps of a trace: folds what lies inside of one, and shows some kinds only. */

(() => {
  "use strict";

  function fold(button) {
    const row = button.closest(".span-row");
    const isOpen = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!isOpen));
    const depth = Number(row.dataset.depth);
    for (let next = row.nextElementSibling; next && Number(next.dataset.depth) > depth; next = next.nextElementSibling) {
      next.hidden = isOpen;
      if (!isOpen) next.querySelector(".span-fold")?.setAttribute("aria-expanded", "true");
    }
  }

  function show(button) {
    for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
    const kind = button.dataset.showKind;
    for (const row of button.parentElement.nextElementSibling.querySelectorAll(".span-row")) {
      row.hidden = kind !== "" && (kind === "failed" ? !("failed" in row.dataset) : row.dataset.kind !== kind);
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".span-fold, [data-show-kind]");
    if (button?.matches(".span-fold")) fold(button);
    else if (button) show(button);
  });
})();
