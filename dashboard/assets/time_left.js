/* Goes on with the clocks of incidents while a page is open: each tag says how much time is left
   now, turns when its limit passes, and the lists and the map are asked again at that moment. The
   same rules as layers/handling/left.py, by what the server said in [data-clock]. */
(function () {
  "use strict";

  const { sayer } = window.citygrid;
  const MINUTE_MS = 60e3;
  const HOUR_MS = 60 * MINUTE_MS;
  const DAY_MS = 24 * HOUR_MS;
  const REDRAWN_EVERY_MS = 30e3;
  // However many fall due one after the other.
  const ASKED_EVERY_MS = 5000;
  // A browser's timers go no further than some days.
  const LONGEST_WAIT_MS = HOUR_MS;
  const MARKS = { overdue: "square", soon: "triangle", ok: "dot" };

  let told = null;
  let heard = "";
  let say = null;
  // How far the server's clock is ahead of the browser's: less the way of the answer, so that
  // nothing is asked before it is so.
  let ahead = 0;
  let timer = null;
  // The moment up to which turns are known, and when they were asked for.
  let askedTo = 0;
  let askedAt = -Infinity;

  const now = () => (told.live ? Date.now() + ahead : told.now);

  function hear() {
    const texts = [...document.querySelectorAll("[data-clock]")].map((each) => each.dataset.clock);
    if (!texts.length || texts.join() === heard) return;
    heard = texts.join();
    // A panel of another mode is as it was when that was left.
    const said = texts.map((text) => JSON.parse(text))
      .reduce((latest, each) => (Number(each.now) > Number(latest.now) ? each : latest));
    const ms = (seconds) => seconds * 1000;
    told = {
      ...said,
      now: Number(said.now),
      turns: said.turns ? Number(said.turns) : null,
      midnight: ms(said.midnight),
      until: ms(said.until),
      spans: said.spans.map((span) => span.map(ms)),
      closes: said.closes.map(ms),
    };
    say = sayer(told.words);
    ahead = told.now - Date.now();
    askedTo = Math.max(askedTo, told.now);
  }

  function wall(length) {
    if (length < 2 * HOUR_MS) return ["minutes", length / MINUTE_MS];
    return length < 2 * DAY_MS ? ["hours", length / HOUR_MS] : ["days", length / DAY_MS];
  }

  function working(at, due, unit) {
    const days = told.closes.filter((close) => close > told.midnight && close <= due).length;
    if (unit === "work_days" && days) return ["work_days", days];
    const worked = told.spans.reduce(
      (sum, [begin, end]) => sum + Math.max(0, Math.min(end, due) - Math.max(begin, at)), 0);
    return worked < 2 * HOUR_MS ? ["work_minutes", worked / MINUTE_MS] : ["work_hours", worked / HOUR_MS];
  }

  function said(how, [measure, amount], group) {
    return say(`${group}.${how}`, { time: say(`cases.${measure}`, { n: Math.floor(amount) }) });
  }

  /* How something stands that is due at a moment, in words; null where only the server knows. */
  function stands(due, unit, group) {
    const at = now();
    if (due < at) return ["overdue", said("late", wall(at - due), group)];
    const isSoon = group === "cases" && due < at + told.soon;
    const isWorking = unit.startsWith("work_");
    const left = isWorking && due <= told.until ? working(at, due, unit) : wall(due - at);
    return [isSoon ? "soon" : "ok", isWorking && due > told.until ? null : said("left", left, group)];
  }

  /* The same of a pin on the map; null where there is no limit. */
  function timeLeft({ due, unit, paused }) {
    if (!told) return null;
    if (paused) return say("cases.paused");
    return due ? stands(due, unit, "cases")[1] ?? said("left", wall(due - now()), "cases") : null;
  }

  function classed(element, name) {
    if (element.className !== name) element.className = name;
  }

  function draw(tag) {
    const { due, unit, says } = tag.dataset;
    const [state, text] = stands(Number(due), unit, says);
    classed(tag, `cg-status cg-status-${state} cg-case-clock`);
    classed(tag.firstElementChild, `cg-icon cg-icon-${MARKS[state]} cg-icon-10`);
    const shown = tag.lastChild;
    if (text && shown.nodeValue !== text) shown.nodeValue = text;
    const card = says === "cases" && tag.closest(".cg-card");
    if (card) classed(card, `cg-card cg-card-${state}`);
  }

  const tags = () => [...document.querySelectorAll("[data-due]")];

  function drawAll() {
    hear();
    if (told && !document.hidden) tags().forEach(draw);
  }

  /* The next moment at which something on the page, or in its list, stands otherwise. */
  function turn() {
    const due = tags().map((tag) => Number(tag.dataset.due) + 1);
    return Math.min(...[told.turns, told.midnight, ...due].filter((moment) => moment && moment > askedTo));
  }

  function wait() {
    clearTimeout(timer);
    if (!told?.live || document.hidden) return;
    const next = turn();
    if (!Number.isFinite(next)) return;
    const spared = askedAt + ASKED_EVERY_MS - performance.now();
    timer = setTimeout(turned, Math.min(Math.max(next - now(), spared, 0), LONGEST_WAIT_MS), next);
  }

  function turned(next) {
    drawAll();
    if (now() >= next) {
      askedTo = now();
      askedAt = performance.now();
      window.citygrid.tell("news", ["incidents"]);
    }
    wait();
  }

  function follow() {
    drawAll();
    wait();
  }

  Object.assign((window.dashGridMapFunctions ??= {}), { timeLeft });
  setInterval(drawAll, REDRAWN_EVERY_MS);
  document.addEventListener("visibilitychange", follow);
  new MutationObserver(follow).observe(document, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-clock", "data-due"],
  });
})();
