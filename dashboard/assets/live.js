/* Hears what others changed: one socket to the server, opened again when the line is lost, asking
   for what came meanwhile. Says to the page only that something is new; the page then asks. */
(function () {
  "use strict";

  const root = document.documentElement;
  // A page that opened its socket late may have been drawn before the last change.
  const SLACK_S = 5;
  const FIRST_WAIT_MS = 500;
  const LONGEST_WAIT_MS = 20000;
  const SESSION_ENDED = 4401;
  // News that comes in a bunch is one reason to ask; where it never ends, it is asked once a second.
  const GATHER_MS = 120;
  const LEAST_BETWEEN_MS = 1000;

  let last = null;
  let wait = FIRST_WAIT_MS;
  let topics = new Set();
  let gathering = null;
  let saidAt = -Infinity;

  function say(...news) {
    for (const topic of news) topics.add(topic);
    const pause = Math.max(GATHER_MS, saidAt + LEAST_BETWEEN_MS - performance.now());
    gathering ??= setTimeout(() => {
      gathering = null;
      saidAt = performance.now();
      window.citygrid.tell("news", [...topics]);
      topics = new Set();
    }, pause);
  }

  function announce(told) {
    window.dispatchEvent(new CustomEvent("citygrid:news", { detail: told }));
  }

  function heard(told) {
    if (!told.at) return;
    const isFirst = last === null;
    last = told.at;
    if (told.missed) {
      say("boundaries", "orders", "incidents");
      announce({ topic: "jobs" });
    } else if (told.topic) {
      // How far a job is changes nothing on the map: who shows it listens by himself.
      if (told.topic !== "jobs") say(told.topic);
      announce(told);
    } else if (isFirst && told.quiet_s !== undefined && told.quiet_s !== null
      && told.quiet_s < performance.now() / 1000 + SLACK_S) say("boundaries", "orders", "incidents");
  }

  function connect() {
    const address = new URL("live", document.baseURI);
    address.protocol = address.protocol.replace("http", "ws");
    if (last) address.searchParams.set("after", last);
    const socket = new WebSocket(address);
    socket.onopen = () => {
      wait = FIRST_WAIT_MS;
      root.dataset.live = "true";
      delete root.dataset.liveLost;
    };
    socket.onmessage = (event) => heard(JSON.parse(event.data));
    socket.onclose = (event) => {
      delete root.dataset.live;
      root.dataset.liveLost = "true";
      if (event.code === SESSION_ENDED) {
        location.reload();
        return;
      }
      setTimeout(connect, wait * (0.75 + Math.random() / 2));
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    };
  }

  connect();
})();
