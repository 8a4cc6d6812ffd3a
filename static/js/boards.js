// Boards: tiles move by dragging their grip and by arrow keys, and change their width by plus and minus.
// Each act is the same request as in the tile's menu, which works without a script.

(() => {
  "use strict";
  const WIDTHS = [3, 4, 6, 8, 12];
  const MOVES = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };
  const tiles = document.getElementById("tiles");
  let moved = null;

  async function ask(grip, act) {
    const body = new FormData();
    body.set("act", act);
    body.set("csrfmiddlewaretoken", document.querySelector("[name='csrfmiddlewaretoken']").value);
    const answer = await fetch(grip.dataset.arrange, { method: "POST", body, headers: { "HX-Request": "true" } });
    if (!answer.ok) location.reload(); // what is shown is not what is stored
  }

  const all = () => [...tiles.querySelectorAll("[data-tile]")];

  // The place about one row higher or lower, as the server finds it.
  function rowAway(here, step) {
    const found = all();
    let room = 12;
    let place = here;
    while (found[place + step] && room > 0) {
      place += step;
      room -= Number(found[place].dataset.span);
    }
    return place;
  }

  function put(tile, place) {
    const others = all().filter((other) => other !== tile);
    tiles.insertBefore(tile, others[place] || null);
  }

  function move(grip, name) {
    const tile = grip.closest("[data-tile]");
    const here = all().indexOf(tile);
    const step = name === "left" || name === "up" ? -1 : 1;
    const place = name === "up" || name === "down" ? rowAway(here, step) : here + step;
    if (place < 0 || place >= all().length || place === here) return;
    put(tile, place);
    grip.focus();
    ask(grip, name);
  }

  function size(grip, step) {
    const tile = grip.closest("[data-tile]");
    const width = WIDTHS[WIDTHS.indexOf(Number(tile.dataset.span)) + step];
    if (!width) return;
    tile.dataset.span = width;
    ask(grip, `width:${width}`);
  }

  document.addEventListener("keydown", (event) => {
    const grip = event.target.closest?.(".grip");
    if (!grip || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { "+": 1, "=": 1, "-": -1 }[event.key];
    if (Object.hasOwn(MOVES, event.key)) move(grip, MOVES[event.key]);
    else if (step) size(grip, step);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);

  document.addEventListener("dragstart", (event) => {
    const grip = event.target.closest?.(".grip");
    if (!grip) return;
    moved = { grip, tile: grip.closest("[data-tile]") };
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setDragImage(moved.tile, 12, 12);
    moved.tile.classList.add("is-moving");
  });

  document.addEventListener("dragover", (event) => {
    const over = moved && event.target.closest?.("[data-tile]");
    if (!over) return;
    event.preventDefault();
    if (over === moved.tile) return;
    const box = over.getBoundingClientRect();
    const isAfter = event.clientX > box.left + box.width / 2;
    tiles.insertBefore(moved.tile, isAfter ? over.nextSibling : over);
  });

  document.addEventListener("dragend", () => {
    if (!moved) return;
    moved.tile.classList.remove("is-moving");
    ask(moved.grip, `place:${all().indexOf(moved.tile)}`);
    moved = null;
  });
})();
