/* Mentions: behind an @ in a comment, the members whose names begin so are offered. Without it one types the name. */

(() => {
  "use strict";
  const BEGUN = /(?:^|[^\w@.])@([\w.+-]{0,64})$/;
  const WAIT = 120;
  let field = null;
  let list = null;
  let timer = 0;
  let asking = null;
  let chosen = 0;

  const options = () => [...(list?.children ?? [])];

  function close() {
    clearTimeout(timer);
    asking?.abort();
    list?.remove();
    field?.removeAttribute("aria-activedescendant");
    field?.removeAttribute("aria-controls");
    list = null;
  }

  function choose(index) {
    const all = options();
    chosen = (index + all.length) % all.length;
    all.forEach((option, place) => {
      option.setAttribute("aria-selected", String(place === chosen));
      option.classList.toggle("is-active", place === chosen);
    });
    field.setAttribute("aria-activedescendant", all[chosen].id);
  }

  function take(option) {
    const end = field.selectionStart;
    const begun = BEGUN.exec(field.value.slice(0, end));
    if (begun) field.setRangeText(`@${option.dataset.name} `, end - begun[1].length - 1, end, "end");
    const typed = field;
    close();
    typed.focus();
  }

  async function offer(word) {
    asking?.abort();
    asking = new AbortController();
    const address = `${field.dataset.mentions}?${new URLSearchParams({ q: word })}`;
    const answer = await fetch(address, { signal: asking.signal }).catch(() => null);
    const html = answer?.ok ? await answer.text().catch(() => "") : "";
    if (!field || document.activeElement !== field) return;
    list?.remove();
    list = document.createElement("div");
    Object.assign(list, { id: "mention-names", className: "menu-body mention-names", innerHTML: html });
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Members");
    if (!list.children.length) return close();
    field.after(list);
    field.setAttribute("aria-controls", list.id);
    choose(0);
  }

  document.addEventListener("input", (event) => {
    if (!event.target.matches?.("[data-mentions]")) return;
    field = event.target;
    const begun = BEGUN.exec(field.value.slice(0, field.selectionStart));
    if (!begun) return close();
    clearTimeout(timer);
    timer = setTimeout(offer, WAIT, begun[1]);
  });

  document.addEventListener("keydown", (event) => {
    if (!list || event.target !== field) return;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) choose(chosen + moves[event.key]);
    else if (event.key === "Enter" || event.key === "Tab") take(options()[chosen]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);

  document.addEventListener("mousedown", (event) => {
    const option = event.target.closest?.(".mention-names [data-name]");
    if (!option) return;
    event.preventDefault();
    take(option);
  });

  document.addEventListener("focusout", (event) => {
    if (event.target === field) close();
  });
})();
