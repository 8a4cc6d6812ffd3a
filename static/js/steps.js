/* Steps of a trace: folds what lies inside of one, and shows some kinds only. Folds of internal steps open for what was
   looked for. */

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
    narrow(button.closest(".steps-only"));
  }

  /* Shows the rows of the kind that is pressed whose words contain what was typed. */
  function narrow(tools) {
    const kind = tools.querySelector("[aria-pressed='true']").dataset.showKind;
    const words = tools.querySelector("[data-find-steps]").value.trim().toLowerCase();
    for (const row of tools.parentElement.querySelectorAll(".span-row")) {
      const isOther = kind !== "" && (kind === "failed" ? !("failed" in row.dataset) : row.dataset.kind !== kind);
      row.hidden = isOther || !row.textContent.toLowerCase().includes(words);
    }
    const isNarrowed = kind !== "" || words !== "";
    for (const fold of tools.parentElement.querySelectorAll(".internal")) {
      fold.hidden = !fold.querySelector(".span-row:not([hidden])");
      fold.querySelector("details").open = isNarrowed;
    }
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-find-steps]")) narrow(event.target.closest(".steps-only"));
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".span-fold, [data-show-kind]");
    if (button?.matches(".span-fold")) fold(button);
    else if (button) show(button);
  });
})();
