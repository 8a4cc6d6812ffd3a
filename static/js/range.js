/* The menu of times: two months in which two clicks fill the fields, and the reader's zone, in which words are meant.
   Without it presets are links, and the fields take words. */

(() => {
  "use strict";
  const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
  const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
  const ARROWS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  const DAY = 86400000; // ms

  /* Days are texts such as 2026-11-21: they sort, and have no zone. */
  const dayOf = (key) => new Date(`${key}T00:00:00Z`);
  const keyOf = (at) => at.toISOString().slice(0, 10);
  const firstOf = (key, months) => keyOf(new Date(Date.UTC(Number(key.slice(0, 4)), Number(key.slice(5, 7)) - 1 + months, 1)));
  const monthOf = (key) => MONTHS[Number(key.slice(5, 7)) - 1];
  const spoken = (key) => `${Number(key.slice(8))} ${monthOf(key)} ${key.slice(0, 4)}`;
  const typed = (key) => `${Number(key.slice(8))} ${monthOf(key).slice(0, 3)} ${key.slice(0, 4)}`;

  const made = (name, properties, ...inside) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...inside);
    return element;
  };

  function placeOf(key, { first, last }) {
    const edges = [key === first && "from", key === last && "to"].filter(Boolean).join(" ");
    return edges || (first && last && first < key && key < last ? "in" : "");
  }

  function button(key) {
    const day = made("button", { type: "button", textContent: Number(key.slice(8)) });
    day.dataset.day = key;
    day.setAttribute("aria-label", spoken(key));
    return day;
  }

  function table(month) {
    const heads = DAYS.map((name) => made("th", { scope: "col" }, made("abbr", { title: name, textContent: name.slice(0, 2) })));
    const body = made("tbody");
    const end = firstOf(month, 1);
    const blanks = (dayOf(month).getUTCDay() + 6) % 7;
    for (let at = dayOf(month).valueOf() - blanks * DAY; keyOf(new Date(at)) < end; at += 7 * DAY) {
      const row = body.insertRow();
      for (let place = 0; place < 7; place += 1) {
        const key = keyOf(new Date(at + place * DAY));
        const cell = row.insertCell();
        if (key >= month && key < end) cell.append(button(key));
      }
    }
    const caption = made("caption", { textContent: `${monthOf(month)} ${month.slice(0, 4)}` });
    return made("table", { className: "month" }, caption, made("thead", {}, made("tr", {}, ...heads)), body);
  }

  /* `shown` is the first of the later month. */
  function draw(months) {
    for (const old of months.querySelectorAll(".month")) old.remove();
    months.append(table(firstOf(months.dataset.shown, -1)), table(months.dataset.shown));
    mark(months);
  }

  function mark(months) {
    const { first, last, today } = months.dataset;
    const stop = [last, first, today].find((key) => key && months.querySelector(`[data-day="${key}"]`));
    for (const day of months.querySelectorAll("[data-day]")) {
      const place = placeOf(day.dataset.day, { first, last });
      day.className = place;
      day.setAttribute("aria-pressed", String(Boolean(place)));
      day.tabIndex = day.dataset.day === (stop ?? months.querySelector("[data-day]").dataset.day) ? 0 : -1;
    }
  }

  function turn(months, by) {
    months.dataset.shown = firstOf(months.dataset.shown, by);
    draw(months);
  }

  function choose(months, key) {
    const { first, last } = months.dataset;
    const days = first && !last ? [first, key].sort() : [key, ""];
    [months.dataset.first, months.dataset.last] = days;
    const fields = months.parentElement;
    fields.querySelector("[name='from']").value = typed(days[0]);
    fields.querySelector("[name='to']").value = days[1] && typed(days[1]);
    mark(months);
  }

  function focus(months, key) {
    const find = () => months.querySelector(`[data-day="${key}"]`);
    if (!find()) turn(months, key < months.dataset.shown ? -1 : 1);
    find().focus();
  }

  document.addEventListener("click", (event) => {
    const months = event.target.closest?.(".months");
    if (!months) return;
    const { turn: by, day } = event.target.closest("button")?.dataset ?? {};
    if (by) turn(months, Number(by));
    if (day) choose(months, day);
  });

  document.addEventListener("keydown", (event) => {
    const day = event.target.dataset?.day;
    if (!day || !ARROWS[event.key]) return;
    event.preventDefault();
    focus(event.target.closest(".months"), keyOf(new Date(dayOf(day).valueOf() + ARROWS[event.key] * DAY)));
  });

  /* Until the server knows the reader's zone, the script says it. */
  function start() {
    const { zone } = window.confabTimes;
    for (const field of document.querySelectorAll("input[name='zone'][data-zone]")) {
      if (field.value) continue;
      field.value = zone;
      field.parentElement.querySelector("[data-zone-name]").textContent = zone;
    }
    for (const months of document.querySelectorAll(".months")) {
      months.dataset.shown = firstOf(months.dataset.last || months.dataset.today, 0);
      draw(months);
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
