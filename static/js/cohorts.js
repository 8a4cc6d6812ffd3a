// The charts of a comparison: a bar goes where its number in the table goes, and a chart is saved as SVG or PNG.

"use strict";

const LOOK = ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-family", "font-size", "text-anchor"];
const SCALE = 2;

for (const bar of document.querySelectorAll(".distribution .bar")) {
  if (linkOf(bar)) bar.classList.add("followed");
}

document.addEventListener("click", (event) => {
  const bar = event.target.closest(".distribution .bar");
  const link = bar && linkOf(bar);
  if (link) link.click();
  const button = event.target.closest("[data-save]");
  if (button) save(button);
});

function linkOf(bar) {
  return bar.closest(".measure").querySelector(`a[data-bar="${bar.dataset.bar}"]`);
}

function save(button) {
  const measure = button.closest(".measure");
  const svg = standingAlone(measure.querySelector(".distribution svg"));
  const text = new XMLSerializer().serializeToString(svg);
  if (button.dataset.save === "svg") {
    download(new Blob([text], { type: "image/svg+xml" }), `${measure.id}.svg`);
    return;
  }
  const image = new Image();
  image.addEventListener("load", () => {
    const canvas = document.createElement("canvas");
    canvas.width = svg.viewBox.baseVal.width * SCALE;
    canvas.height = svg.viewBox.baseVal.height * SCALE;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => download(blob, `${measure.id}.png`), "image/png");
  });
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
}

// A copy that needs no style sheet, on the paper that it was seen on.
function standingAlone(svg) {
  const copy = svg.cloneNode(true);
  const seen = svg.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((element, number) => {
    const style = getComputedStyle(seen[number]);
    for (const name of LOOK) element.setAttribute(name, style.getPropertyValue(name));
  });
  const { width, height } = svg.viewBox.baseVal;
  const paper = document.createElementNS(svg.namespaceURI, "rect");
  const attributes = { width, height, fill: getComputedStyle(document.body).backgroundColor };
  for (const [name, value] of Object.entries(attributes)) paper.setAttribute(name, value);
  copy.prepend(paper);
  copy.setAttribute("xmlns", svg.namespaceURI);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  return copy;
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
