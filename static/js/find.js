/* The hits of a search within a session: listed by the server, marked here without touching the text. */

(() => {
  "use strict";
  const hits = document.getElementById("hits");
  if (!hits || !globalThis.conversation) return;
  const { jump, turns } = globalThis.conversation;
  let place = -1;

  function mark() {
    if (!globalThis.Highlight) return;
    CSS.highlights.delete("find");
    const asked = hits.querySelector("[data-asked]")?.dataset.asked.toLowerCase();
    if (!asked) return;
    const ranges = [];
    const walker = document.createTreeWalker(turns, NodeFilter.SHOW_TEXT);
    while (walker.nextNode() && ranges.length < 2000) {
      const text = walker.currentNode.data.toLowerCase();
      for (let at = text.indexOf(asked); at >= 0; at = text.indexOf(asked, at + asked.length)) {
        const range = new Range();
        range.setStart(walker.currentNode, at);
        range.setEnd(walker.currentNode, Math.min(at + asked.length, walker.currentNode.length));
        ranges.push(range);
      }
    }
    CSS.highlights.set("find", new Highlight(...ranges));
  }

  function toHit(step) {
    const links = [...hits.querySelectorAll("[data-jump]")];
    if (!links.length) return;
    place = (place + step + links.length) % links.length;
    for (const link of links) link.removeAttribute("aria-current");
    links[place].setAttribute("aria-current", "true");
    links[place].scrollIntoView({ block: "nearest" });
    jump(links[place].dataset.jump, { focus: false });
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest("#hits [data-jump], [data-hit], [data-hits-close]");
    if (!target) return;
    if (target.matches("[data-hit]")) toHit(Number(target.dataset.hit));
    else if (target.matches("[data-jump]")) place = [...hits.querySelectorAll("[data-jump]")].indexOf(target);
    else { hits.replaceChildren(); mark(); }
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === hits) place = -1; // at once: when they have settled, somebody may be at the first already
  });

  turns.addEventListener("confab:shown", mark);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target === hits || turns.contains(event.detail.target)) mark();
  });
  mark();
})();
