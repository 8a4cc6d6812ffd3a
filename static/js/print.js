/* A conversation on paper: what is not translated yet is translated, what is folded is opened, and the browser's own
   dialog follows. */

(() => {
  "use strict";
  const POLL_MS = 1000;
  const TRANSLATED = "translated"; // in the address: what could be translated has been asked for

  function print() {
    for (const fold of document.querySelectorAll("details")) fold.open = true;
    window.print();
  }

  async function settle(address) {
    for (;;) {
      const answer = await fetch(address, { headers: { "HX-Request": "true" } });
      if (!answer.ok || !(await answer.text()).includes('data-state="open"')) return;
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  }

  async function translate(turns) {
    const notice = document.querySelector(".translation-notice");
    for (const [number, turn] of turns.entries()) {
      notice.textContent = `Translating turn ${number + 1} of ${turns.length}…`;
      await settle(turn.dataset.translate);
    }
    const here = new URL(location.href);
    here.searchParams.set(TRANSLATED, "");
    location.replace(here);
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) print();
  });
  addEventListener("load", () => {
    const turns = [...document.querySelectorAll("[data-translate]")];
    if (!turns.length || new URL(location.href).searchParams.has(TRANSLATED)) print();
    else translate(turns).catch(print);
  });
})();
