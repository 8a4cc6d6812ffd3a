// Drag over the series to zoom the list into that time. Bars are links, so without a script each still opens its time.
(() => {
  "use strict";
  let from = null;

  const barAt = (svg, x) => {
    const bars = [...svg.querySelectorAll("a[data-start]")];
    const box = svg.getBoundingClientRect();
    const place = Math.floor(((x - box.left) / box.width) * bars.length);
    return bars[Math.max(0, Math.min(bars.length - 1, place))];
  };

  const draw = (svg, first, last) => {
    const brush = svg.querySelector(".series-brush");
    const start = Number(first.querySelector("rect").getAttribute("x"));
    const end = last.querySelector("rect");
    brush.setAttribute("x", start);
    brush.setAttribute("width", Number(end.getAttribute("x")) + Number(end.getAttribute("width")) - start);
    brush.removeAttribute("hidden");
  };

  const ordered = (one, other) => (one.dataset.start <= other.dataset.start ? [one, other] : [other, one]);

  document.addEventListener("pointerdown", (event) => {
    const svg = event.target.closest?.(".series");
    if (svg && event.button === 0) {
      from = { svg, bar: barAt(svg, event.clientX), x: event.clientX, moved: false };
    }
  });

  document.addEventListener("pointermove", (event) => {
    if (!from) return;
    if (Math.abs(event.clientX - from.x) > 4) from.moved = true;
    if (from.moved) draw(from.svg, ...ordered(from.bar, barAt(from.svg, event.clientX)));
  });

  document.addEventListener("pointerup", (event) => {
    if (!from) return;
    const { svg, bar, moved } = from;
    from = null;
    if (!moved) return;
    const [first, last] = ordered(bar, barAt(svg, event.clientX));
    const address = new URL(location.href);
    for (const name of ["range", "cursor"]) address.searchParams.delete(name);
    address.searchParams.set("from", first.dataset.start);
    address.searchParams.set("to", last.dataset.end);
    address.searchParams.set("zone", svg.dataset.zone);
    svg.addEventListener("click", (click) => click.preventDefault(), { once: true, capture: true });
    location.assign(address);
  });

  document.addEventListener("dragstart", (event) => {
    if (event.target.closest?.(".series")) event.preventDefault();
  });
})();
