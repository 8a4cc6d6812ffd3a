// Charts: exact values under the pointer or the focus, the switch to the table, and saving as PNG.
// Without a script the same words are the label of each link, and the table is a fold.

(() => {
  "use strict";
  const SCALE = 2; // of a saved picture

  function tipOf(chart) {
    let tip = chart.querySelector(":scope > .chart-tip");
    if (!tip) {
      tip = Object.assign(document.createElement("div"), { className: "chart-tip", hidden: true });
      tip.setAttribute("aria-hidden", "true");
      chart.append(tip);
    }
    return tip;
  }

  function line([name, value, hue]) {
    const row = document.createElement("span");
    const swatch = Object.assign(document.createElement("span"), { className: "swatch" });
    swatch.dataset.d = hue;
    row.append(swatch, name, Object.assign(document.createElement("i"), { textContent: value }));
    return row;
  }

  function show(mark) {
    const chart = mark.closest("[data-chart]");
    const tip = tipOf(chart);
    const title = Object.assign(document.createElement("b"), { textContent: mark.dataset.tipTitle });
    tip.replaceChildren(title, ...JSON.parse(mark.dataset.tipRows).map(line));
    tip.hidden = false;
    const frame = chart.getBoundingClientRect();
    const place = mark.querySelector(".hit").getBoundingClientRect();
    const right = place.right - frame.left + 8;
    const left = right + tip.offsetWidth > frame.width ? place.left - frame.left - tip.offsetWidth - 8 : right;
    tip.style.left = `${Math.max(0, left)}px`;
    tip.style.top = "-6px";
  }

  function hide(mark) {
    tipOf(mark.closest("[data-chart]")).hidden = true;
  }

  const marked = (event) => event.target.closest?.("[data-tip-rows]");
  for (const [name, act] of [["pointerover", show], ["focusin", show], ["pointerout", hide], ["focusout", hide]]) {
    document.addEventListener(name, (event) => {
      const mark = marked(event);
      if (!mark) return;
      mark.querySelector("title")?.remove(); // the browser's own tooltip would come on top
      act(mark);
    });
  }

  function turn(button) {
    const card = button.closest(".card");
    const isTable = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(isTable));
    for (const fold of card.querySelectorAll(".chart-fold")) fold.open = isTable;
    card.classList.toggle("as-table", isTable);
  }

  async function savePng(link) {
    const image = new Image();
    image.src = link.href;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth * SCALE;
    canvas.height = image.naturalHeight * SCALE;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => {
      const address = URL.createObjectURL(blob);
      const saved = Object.assign(document.createElement("a"), { href: address, download: link.dataset.savePng });
      saved.click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
    }, "image/png");
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-view]");
    if (button) turn(button);
    const link = event.target.closest("[data-save-png]");
    if (!link) return;
    event.preventDefault();
    savePng(link).catch(() => location.assign(link.href)); // the file itself, if no picture can be made of it
  });
})();
