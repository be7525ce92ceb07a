/* Hears what others changed: one socket to the server, opened again when the line is lost, asking
   for what came meanwhile. Says to the page only that something is new; the page then asks. */
(function () {
  "use strict";

  const root = document.documentElement;
  const FIRST_WAIT_MS = 500;
  const LONGEST_WAIT_MS = 20000;
  const SESSION_ENDED = 4401;
  // News that comes in a bunch is one reason to ask; where it never ends, it is asked once a second,
  // or once the server has answered: many pages that ask a busy one anew would keep it busy.
  const GATHER_MS = 120;
  const LEAST_BETWEEN_MS = 1000;
  const MOST_BETWEEN_MS = 3000;
  // Incidents come at once. What counts them is read along a bit later where there are many, and where
  // many pages hear of it, by each of them at a moment of its own.
  const LEAST_BETWEEN_NUMBERS_MS = 5000;
  const SPREAD_PER_PAGE_MS = 100;
  const MOST_SPREAD_MS = 10000;

  let last = null;
  let wait = FIRST_WAIT_MS;
  let topics = new Set();
  let gathering = null;
  let saidAt = -Infinity;
  let countedAt = -Infinity;
  let counting = null;

  function say(...news) {
    for (const topic of news) topics.add(topic);
    gathering ??= setTimeout(ask, Math.max(GATHER_MS, saidAt + LEAST_BETWEEN_MS - performance.now()));
  }

  function ask() {
    if (window.citygrid.asking > 0 && performance.now() < saidAt + MOST_BETWEEN_MS) {
      gathering = setTimeout(ask, GATHER_MS);
      return;
    }
    gathering = null;
    saidAt = performance.now();
    window.citygrid.tell("news", [...topics]);
    topics = new Set();
  }

  /* Whether the page shows the place that news of incidents is of, as far as that is known. */
  function isShown({ within }) {
    const { view, asking } = window.citygrid;
    // It may be on its way to another place. Of other zonings nothing is told; what somebody was told
    // of, or was closed, may lie elsewhere today.
    const isElsewhere = !view || asking > 0 || view.zoning !== "main" || view.case !== null
      || ["closed", "all", "told", "supervised"].includes(view.cases);
    return !within || isElsewhere || view.unit === null || within.includes(view.unit);
  }

  function sayIncidents({ pages = 1 }) {
    say("cases");
    const pause = Math.max(0, countedAt + LEAST_BETWEEN_NUMBERS_MS - performance.now());
    const spread = Math.random() * Math.min((pages - 1) * SPREAD_PER_PAGE_MS, MOST_SPREAD_MS);
    counting ??= setTimeout(() => {
      counting = null;
      countedAt = performance.now();
      say("numbers");
    }, pause + spread);
  }

  function announce(told) {
    window.dispatchEvent(new CustomEvent("citygrid:news", { detail: told }));
  }

  /* For how many seconds the page may lack what came: it shows what was there when it was asked for. */
  const openFor = () => (performance.now() - window.citygrid_asked_at) / 1000;

  function heard(told) {
    if (!told.at) return;
    const isFirst = last === null;
    last = told.at;
    if (told.missed) {
      say("boundaries", "orders", "incidents");
      announce({ topic: "jobs" });
    } else if (told.topic) {
      // How far a job is changes nothing on the map: who shows it listens by himself.
      if (told.topic === "incidents") {
        if (isShown(told)) sayIncidents(told);
      } else if (told.topic !== "jobs") say(told.topic);
      announce(told);
    } else if (isFirst && told.quiet_s !== undefined && told.quiet_s !== null
      && told.quiet_s < openFor()) say("boundaries", "orders", "incidents");
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
        window.citygrid.over();
        return;
      }
      setTimeout(connect, wait * (0.75 + Math.random() / 2));
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    };
  }

  connect();
})();
