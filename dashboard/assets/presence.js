/* Tells the server, at most once a minute, that somebody is at the page: what the page fetches by
   itself keeps no session alive. When nobody was there for too long the screen is left, too. */
(function () {
  "use strict";

  const EVERY_MS = 60_000;
  const SHORTLY_S = 30;
  let told = Date.now();
  let timer = null;

  async function ask(method) {
    let left = SHORTLY_S;
    try {
      const answer = await fetch("account/here", { method, cache: "no-store" });
      // Who is no longer signed in is asked to: see the fetch of citygrid.js.
      if (answer.ok) left = (await answer.json()).left_s;
    } catch { /* The server is gone; the page says so by itself. */ }
    clearTimeout(timer);
    timer = setTimeout(() => ask("GET"), (left + 1) * 1000);
  }

  function act(event) {
    // A page that moves under a resting mouse makes events, too.
    if (!event.isTrusted || (event.type === "mousemove" && !event.movementX && !event.movementY)) return;
    if (Date.now() - told < EVERY_MS) return;
    told = Date.now();
    ask("POST");
  }

  for (const kind of ["pointerdown", "mousemove", "keydown", "wheel", "touchstart"]) {
    window.addEventListener(kind, act, { capture: true, passive: true });
  }
  ask("GET");
})();
