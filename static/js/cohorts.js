// The charts of a comparison are saved as SVG or PNG, and the menus of its groups are narrowed by typing.

"use strict";

const LOOK = ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-family", "font-size", "font-weight", "text-anchor", "paint-order"];
const SCALE = 2;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-save]");
  if (button) save(button);
});

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-narrows]")) narrow(event.target);
});

function narrow(field) {
  const sought = field.value.trim().toLowerCase();
  for (const item of field.closest(".menu-body").querySelectorAll("a.menu-item:not(.danger)")) {
    item.hidden = !item.textContent.toLowerCase().includes(sought);
  }
}

function save(button) {
  const measure = button.closest(".measure");
  button.closest("details").open = false;
  const svg = standingAlone(measure.querySelector(".distribution > svg"));
  const text = new XMLSerializer().serializeToString(svg);
  if (button.dataset.save === "svg") {
    download(new Blob([text], { type: "image/svg+xml" }), `${measure.id}.svg`);
    return;
  }
  const image = new Image();
  image.addEventListener("load", () => {
    const canvas = document.createElement("canvas");
    canvas.width = svg.getAttribute("width") * SCALE;
    canvas.height = svg.getAttribute("height") * SCALE;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => download(blob, `${measure.id}.png`), "image/png");
  });
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
}

// A copy that needs no style sheet and has no links, on the paper that it was seen on.
function standingAlone(svg) {
  const copy = svg.cloneNode(true);
  const seen = svg.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((element, number) => {
    const style = getComputedStyle(seen[number]);
    for (const name of LOOK) element.setAttribute(name, style.getPropertyValue(name));
  });
  copy.querySelectorAll("a").forEach((link) => link.replaceWith(...link.childNodes));
  const { width, height } = svg.getBoundingClientRect();
  const paper = document.createElementNS(svg.namespaceURI, "rect");
  const attributes = { width: "100%", height: "100%", fill: getComputedStyle(svg.closest(".card")).backgroundColor };
  for (const [name, value] of Object.entries(attributes)) paper.setAttribute(name, value);
  copy.prepend(paper);
  copy.setAttribute("xmlns", svg.namespaceURI);
  copy.setAttribute("width", Math.round(width));
  copy.setAttribute("height", Math.round(height));
  return copy;
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
