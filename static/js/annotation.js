/* Annotating: what was said of each turn is shown at the turn, and questions are answered by digits. */

(() => {
  "use strict";

  /* The panel of a session knows its turns: each shows what was said of it. */

  function summarize(panel) {
    const summary = panel.closest("details")?.querySelector("[data-annotation-summary]");
    if (summary) summary.textContent = panel.dataset.summary;
  }

  function spread(root) {
    for (const mark of root.querySelectorAll("[data-mark]")) {
      const turn = document.querySelector(`[data-annotated="${CSS.escape(mark.dataset.mark)}"]`);
      if (!turn) continue;
      turn.querySelector("[data-marks]")?.replaceChildren(...mark.querySelector("[data-said]").cloneNode(true).childNodes);
      for (const thumb of turn.querySelectorAll(".thumb")) {
        thumb.setAttribute("aria-pressed", String(thumb.value === mark.dataset.thumb));
      }
    }
  }

  /* More turns were read on: what the panel knows of them was said before they came. */
  document.addEventListener("confab:shown", () => spread(document));

  document.addEventListener("htmx:afterSettle", (event) => {
    const target = event.detail.target;
    if (!target?.matches?.(".annotation-body")) {
      if (target?.querySelector?.("[data-annotated]")) spread(document);
      return;
    }
    const panel = target.querySelector("[data-annotate-panel]");
    if (!panel) return;
    summarize(panel);
    spread(panel);
    if (!target.closest("details, .review-side") && !event.detail.requestConfig?.triggeringEvent?.target?.closest?.("form")) {
      panel.querySelector("input:not([type=hidden]), textarea")?.focus({ preventScroll: true });
    }
  });

  /* Annotate once more folds what it opened. */

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.detail.elt.matches?.("[data-annotate]") || !event.detail.target.firstElementChild) return;
    event.preventDefault();
    event.detail.target.replaceChildren();
  });

  /* Digits choose: 1 to 9 in the order of the choices, 0 says that one cannot tell. Then the next question is up. */

  const typed = "input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]";

  function formFor(target) {
    return target.closest("[data-questions]") || document.querySelector("[data-questions][data-everywhere]");
  }

  function questionOf(form, target) {
    const questions = [...form.querySelectorAll("[data-question]")];
    const here = target.closest("[data-question]");
    if (here) return here;
    return questions.find((question) => question.querySelector("[type=radio]") && !question.querySelector(":checked"))
      || questions.find((question) => question.querySelector("[type=radio]"));
  }

  function choose(question, digit) {
    const radios = [...question.querySelectorAll("[type=radio]")];
    if (!radios.length) return false;
    const radio = digit === 0 ? radios[radios.length - 1] : radios.slice(0, -1)[digit - 1];
    if (!radio) return false;
    radio.checked = true;
    radio.focus();
    let next = question.nextElementSibling;
    while (next && !next.matches("[data-question]")) next = next.nextElementSibling;
    next?.querySelector("input:checked, input, textarea")?.focus();
    return true;
  }

  /* The next page of a queue was fetched ahead. A browser uses that for a link, and not behind the answer to a form. */

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset?.next) return;
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    const buttons = form.querySelectorAll("button");
    for (const button of buttons) button.disabled = true;
    const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => null);
    if (answer?.type === "opaqueredirect") return location.assign(form.dataset.next);
    for (const button of buttons) button.disabled = false;
    /* Refused: once more without a script, for the page that says why. */
    const pressed = document.createElement("input");
    pressed.type = "hidden";
    pressed.name = event.submitter?.name || "done";
    pressed.value = "1";
    form.append(pressed);
    form.submit();
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const form = formFor(event.target);
    if (!form) return;
    if (event.key === "Enter" && event.target.matches("[type=radio], [type=checkbox], body")) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("button[data-default], button:not([formnovalidate])"));
      return;
    }
    if (event.key.toLowerCase() === "s" && form.matches("[data-everywhere]") && !event.target.closest(typed)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-skip]"));
      return;
    }
    if (!/^[0-9]$/.test(event.key) || event.target.closest(typed)) return;
    const question = questionOf(form, event.target);
    if (question && choose(question, Number(event.key))) event.preventDefault();
  });
})();
