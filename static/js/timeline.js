/* The strip of a whole session: a click jumps to a turn, dragging zooms into what lies between. */

(() => {
  "use strict";
  const timeline = document.getElementById("timeline");
  if (!timeline) return;
  let start = null;
  let chosen = null;

  const strip = () => timeline.querySelector(".strip");
  const share = (event, box) => Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * 100;

  function between(left, right) {
    const inside = [...strip().querySelectorAll(".strip-bar")].filter((bar) => {
      const x = parseFloat(bar.getAttribute("x"));
      return x + parseFloat(bar.getAttribute("width")) >= left && x <= right;
    });
    return inside.length ? [inside[0].dataset.from, inside.at(-1).dataset.to] : null;
  }

  timeline.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.target.closest(".strip")) start = share(event, strip().getBoundingClientRect());
  });

  document.addEventListener("pointermove", (event) => {
    if (start === null) return;
    const now = share(event, strip().getBoundingClientRect());
    if (Math.abs(now - start) < 1 && !chosen) return;
    if (!chosen) {
      chosen = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      chosen.setAttribute("class", "strip-chosen");
      chosen.setAttribute("height", "100%");
      strip().append(chosen);
    }
    chosen.setAttribute("x", `${Math.min(start, now)}%`);
    chosen.setAttribute("width", `${Math.abs(now - start)}%`);
  });

  document.addEventListener("pointerup", (event) => {
    if (start === null) return;
    const from = start;
    start = null;
    if (!chosen) return;
    chosen.remove();
    chosen = null;
    const now = share(event, strip().getBoundingClientRect());
    const numbers = between(Math.min(from, now), Math.max(from, now));
    if (numbers) htmx.ajax("GET", `?timeline&from=${numbers[0]}&to=${numbers[1]}`, { source: timeline, target: timeline, swap: "innerHTML" });
  });

  /* Where the reader is, or a replay: `turn-read` says it to both. */

  let number = 1;

  function here() {
    const turn = document.elementFromPoint(innerWidth / 3, 180)?.closest(".turn");
    const read = Number(turn?.dataset.number);
    if (read && read !== number) document.dispatchEvent(new CustomEvent("turn-read", { detail: read }));
  }

  function draw() {
    const bar = [...timeline.querySelectorAll(".strip-bar")].find((one) => Number(one.dataset.from) <= number && number <= Number(one.dataset.to));
    const head = timeline.querySelector("[data-strip-head]");
    if (!head) return;
    head.classList.toggle("unplayed", !bar);
    if (!bar) return;
    for (const name of ["x1", "x2"]) head.querySelector("line").setAttribute(name, bar.getAttribute("x"));
    head.querySelector("circle").setAttribute("cx", bar.getAttribute("x"));
  }

  document.addEventListener("turn-read", (event) => {
    number = event.detail;
    draw();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target === timeline) draw();
  });

  let waiting = 0;
  addEventListener("scroll", () => {
    clearTimeout(waiting);
    waiting = setTimeout(here, 150);
  }, { passive: true });
  here();
  draw();
})();
