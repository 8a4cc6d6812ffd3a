/* Plays a session back: its messages appear as they happened, with real pauses or short ones. */

(() => {
  "use strict";
  const player = document.getElementById("player");
  if (!player || !globalThis.conversation) return;
  const { turns, byNumber, jumpToNumber, calm } = globalThis.conversation;
  const LONGEST_PAUSE = 2000; // ms between two messages unless pauses are real
  const SHORTEST_PAUSE = 400;
  const part = (name) => player.querySelector(`[data-${name}]`);
  const total = Number(turns.dataset.total);
  let isOn = false;
  let isPlaying = false;
  let number = 1;
  let index = 0;
  let timer = 0;
  let asked = 0; // the latest step; an earlier one that still loads gives way

  const PARTS = ":scope > .turn-body > [data-at], :scope > .turn-body > .msg > .msg-main > .works > [data-at]";
  const said = (turn) => [...turn.querySelectorAll(PARTS)];

  function draw(turn) {
    const parts = said(turn);
    index = Math.max(0, Math.min(index, parts.length - 1));
    for (const other of turns.querySelectorAll(".turn")) {
      const isLater = Number(other.dataset.number) > number;
      other.classList.toggle("unplayed", isLater);
      if (other.previousElementSibling?.matches(".idle")) other.previousElementSibling.classList.toggle("unplayed", isLater);
      if (other !== turn) for (const piece of said(other)) piece.classList.remove("unplayed");
    }
    for (const [place, piece] of parts.entries()) {
      piece.classList.toggle("unplayed", place > index);
      piece.classList.toggle("appears", place === index);
    }
    turn.querySelector(".turn-foot").classList.toggle("unplayed", index < parts.length - 1);
    for (const later of turns.querySelectorAll(".later")) later.classList.add("unplayed");
    parts[index]?.scrollIntoView({ block: "center", behavior: isPlaying ? calm() : "auto" });
    tell();
  }

  function place() {
    part("scrub").value = number;
    part("place").textContent = `Turn ${number.toLocaleString("en-GB")} of ${total.toLocaleString("en-GB")}`;
  }

  function tell() {
    place();
    if (isOn) document.dispatchEvent(new CustomEvent("turn-read", { detail: number }));
    part("play").setAttribute("aria-label", isPlaying ? "Pause" : "Replay");
    part("play").setAttribute("aria-pressed", String(isPlaying));
    part("stop-replay").hidden = !isOn;
    document.documentElement.classList.toggle("playing", isPlaying);
    const query = new URLSearchParams(location.search);
    query.delete("turn");
    if (isOn) query.set("at", `${number}.${index}`);
    else query.delete("at");
    history.replaceState(null, "", `${location.pathname}?${query}`);
  }

  async function show(toNumber, toIndex) {
    clearTimeout(timer);
    const mine = ++asked;
    isOn = true;
    number = Math.max(1, Math.min(toNumber, total));
    index = toIndex;
    const turn = byNumber(number) || (await jumpToNumber(number));
    if (mine !== asked) return;
    if (!turn) return pause();
    draw(turn);
    if (isPlaying) plan(turn);
  }

  function plan(turn) {
    const parts = said(turn);
    const now = Number(parts[index]?.dataset.at ?? turn.dataset.start);
    const following = byNumber(number + 1);
    if (index >= parts.length - 1 && number >= total) return pause();
    const next = parts[index + 1] ? Number(parts[index + 1].dataset.at) : Number(following?.dataset.start ?? now + LONGEST_PAUSE);
    let wait = Math.max(0, next - now);
    if (!part("real").checked) wait = Math.min(Math.max(wait, SHORTEST_PAUSE), LONGEST_PAUSE);
    timer = setTimeout(() => step(1), wait / Number(part("speed").value));
  }

  async function step(by) {
    const turn = byNumber(number);
    const count = turn ? said(turn).length : 1;
    if (!isOn) return show(here(), 0);
    if (by > 0) return index + 1 < count ? show(number, index + 1) : show(number + 1, number < total ? 0 : index);
    if (index > 0) return show(number, index - 1);
    return number > 1 ? show(number - 1, Infinity) : show(1, 0);
  }

  /* The turn at the top of the screen: where a replay starts. */
  function here() {
    const seen = [...turns.querySelectorAll(".turn")].find((turn) => turn.getBoundingClientRect().bottom > 120);
    return Number(seen?.dataset.number ?? 1);
  }

  function play() {
    isPlaying = true;
    const turn = isOn && byNumber(number);
    if (turn) {
      tell();
      plan(turn);
    } else show(isOn ? number : here(), isOn ? index : 0);
  }

  function pause() {
    clearTimeout(timer);
    isPlaying = false;
    tell();
  }

  function stop() {
    clearTimeout(timer);
    asked += 1;
    isOn = isPlaying = false;
    for (const hidden of turns.querySelectorAll(".unplayed")) hidden.classList.remove("unplayed");
    tell();
  }

  function changeSpeed(by) {
    const speed = part("speed");
    speed.selectedIndex = Math.max(0, Math.min(speed.selectedIndex + by, speed.options.length - 1));
    if (isPlaying) play();
  }

  player.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.matches("[data-play]")) isPlaying ? pause() : play();
    if (button?.matches("[data-step]")) { isPlaying = false; step(Number(button.dataset.step)); }
    if (button?.matches("[data-stop-replay]")) stop();
  });
  player.addEventListener("input", (event) => {
    if (event.target.matches("[data-scrub]")) show(Number(event.target.value), 0);
  });

  const keys = {
    " ": () => (isPlaying ? pause() : play()),
    ArrowRight: () => { isPlaying = false; step(1); },
    ArrowLeft: () => { isPlaying = false; step(-1); },
    "+": () => changeSpeed(1),
    "-": () => changeSpeed(-1),
    Escape: stop,
  };

  document.addEventListener("keydown", (event) => {
    if (!isOn && event.key !== "r") return;
    if (event.target.closest("input, textarea, select, button, [contenteditable]") && event.key !== "Escape") return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!isOn) return play();
    if (!Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });

  document.addEventListener("turn-read", (event) => {
    if (isOn) return;
    number = event.detail;
    place();
  });

  /* What arrives or is loaded during a replay belongs to the future. */
  function drawAgain(event) {
    const turn = isOn && turns.contains(event.detail?.target ?? event.target) && byNumber(number);
    if (turn) draw(turn);
  }

  document.addEventListener("htmx:afterSettle", drawAgain);
  turns.addEventListener("confab:shown", drawAgain);

  const at = /^(\d+)\.(\d+)$/.exec(new URLSearchParams(location.search).get("at") ?? "");
  if (at) show(Number(at[1]), Number(at[2]));
})();
