/* Scenarios: saved, listed with how far they are, answered in the background, put away. What one
   comes to is drawn by the server; here are the forms, the list and the jobs. */
(function () {
  "use strict";

  const { h, sayer, request, post, toast, language } = window.citygrid;
  const ENDED = ["done", "failed", "cancelled"];
  const AGAIN_MS = 2000;
  // How many of each a view holds: `dashboard/view_fields.py`.
  const HELD = { open: 10, close: 20, move: 20, resize: 20, add_path: 5, close_road: 20, grow: 20, redraw: 1 };
  const MOST_CORNERS = 20;

  let known = { scenarios: [], jobs: [] };
  let isKnown = false;
  let asking = null;
  let fault = "";
  let timer = null;

  const box = () => document.querySelector("#scenarios [data-part=scenarios]");
  const number = (n) => new Intl.NumberFormat(language()).format(n);

  function button(id, text, onclick, more = {}) {
    return h("button", { type: "button", class: "cg-button", id: `scenario-${id}`, onclick, ...more }, text);
  }

  // --- saving ----------------------------------------------------------------------------------
  function form(place, words) {
    const draft = JSON.parse(place.dataset.draft);
    if (!draft) return null;
    const name = h("input", { class: "cg-input", name: "name", id: "scenario-name", required: true, maxlength: place.dataset.longest, autocomplete: "off" });
    const shared = h("input", { type: "checkbox", name: "shared" });
    const save = async (event) => {
      event.preventDefault();
      const given = { ...draft, name: name.value, shared: shared.checked };
      await act(() => post("scenarios", given), () => toast(words("saved", { name: given.name })));
    };
    return h("form", { class: "cg-scenario-form", onsubmit: save },
      h("label", { class: "cg-field" }, h("span", {}, words("name")), name),
      h("label", { class: "cg-scenario-shared" }, shared, words("shared")),
      h("button", { class: "cg-button", type: "submit" }, words("save")));
  }

  // --- a number that is supposed: another capacity, growth ----------------------------------------
  function numbers() {
    for (const place of document.querySelectorAll("#scenarios [data-part=number]")) {
      const { name, asks, value, least, most, step, words: written } = place.dataset;
      const told = [asks, value, written].join();
      if (place.dataset.drawn === told) continue;
      place.dataset.drawn = told;
      const words = sayer(JSON.parse(written));
      const field = h("input", { class: "cg-input", type: "number", name, id: `scenario-${name}`, required: true, min: least, max: most, step, value });
      const suppose = (event) => {
        event.preventDefault();
        window.citygrid.tell("ask", `${asks}${Number(field.value)}`);
      };
      place.replaceChildren(h("form", { class: "cg-scenario-size", onsubmit: suppose },
        h("label", { class: "cg-field" }, h("span", {}, words("label")), field),
        h("button", { class: "cg-button", type: "submit" }, words("suppose"))));
    }
  }

  // --- the list --------------------------------------------------------------------------------
  const jobOf = (scenario) => known.jobs.find(({ kind, arguments: given }) => kind === "scenario" && given.scenario === scenario.id);
  const isUnderWay = (job) => Boolean(job) && !ENDED.includes(job.state);

  function progress(words, job) {
    const name = words(job.state === "waiting" ? "waiting" : "under_way");
    return h("div", { class: "cg-scenario-job", role: "status" },
      h("span", { class: "cg-quiet" }, name),
      h("progress", { "aria-label": name, ...(job.done ? { max: String(job.total), value: String(job.done) } : {}) }),
      button(`stop-${job.id}`, words("stop"), () => act(() => post(`jobs/${job.id}/cancel`, {}))));
  }

  function state(words, scenario, job) {
    if (isUnderWay(job)) return progress(words, job);
    if (job?.state === "failed" && !scenario.result) return h("p", { class: "cg-quiet" }, words("failed", { why: job.failure ?? "" }));
    if (scenario.stale) return h("p", { class: "cg-scenario-stale" }, h("span", { "aria-hidden": "true" }, "▲ "), words("stale"));
    if (!scenario.result) return h("p", { class: "cg-quiet" }, words("never"));
    const { before, after } = scenario.result;
    const left = ({ people }) => (people?.all === null || people?.all === undefined ? null : people.all - people.reached);
    const told = left(before) === null || left(after) === null
      ? words("answered_none") : words("answered", { before: number(left(before)), after: number(left(after)) });
    return h("p", { class: "cg-quiet" }, told);
  }

  /* Whether a view can hold all that a scenario asks and changes, so that nothing is lost by going on from it. */
  function isWhole({ question, changes }) {
    const numbers = [question.minutes, question.metres].every((n) => n === null || Number.isInteger(n));
    const isFew = Object.entries(HELD).every(([does, most]) => changes.filter((change) => change.do === does).length <= most);
    return numbers && question.turnout_s === null && isFew && changes.every(isHeld);
  }

  function isHeld(change) {
    if (change.do === "open") return change.capacity === null;
    // In whole kilometres an hour, and tenths of a percent.
    if (change.do === "add_path") return change.line.length <= MOST_CORNERS && (change.drive_kmh === null || Number.isInteger(change.drive_kmh));
    return change.do !== "grow" || Number(change.percent.toFixed(1)) === change.percent;
  }

  function tools(place, words, scenario, job) {
    const { id } = scenario;
    if (asking === id) {
      return [
        button(`sure-${id}`, words("sure"), () => putAway(place, scenario)),
        button(`keep-${id}`, words("keep"), () => ask(null, `delete-${id}`)),
      ];
    }
    return [
      isWhole(scenario) && button(`open-${id}`, words("open"), () => window.citygrid.tell("ask", `opened:${id}`)),
      button(`compare-${id}`, words("compare"), () => window.citygrid.tell("ask", `scenario:${id}`),
        { "aria-pressed": String(place.dataset.shown === String(id)) }),
      scenario.own && !isUnderWay(job) && button(`answer-${id}`, words(scenario.result ? "again" : "answer"),
        () => act(() => post(`scenarios/${id}/answer`, {}))),
      scenario.own && button(`delete-${id}`, words("delete"), () => ask(id, `keep-${id}`)),
    ];
  }

  function item(place, words, scenario) {
    const job = scenario.own ? jobOf(scenario) : null;
    return h("li", { "data-scenario": String(scenario.id) },
      h("div", { class: "cg-scenario-head" },
        h("strong", { title: scenario.name }, scenario.name),
        h("span", { class: "cg-badge" }, words(scenario.shared ? "of_others" : "own"))),
      state(words, scenario, job),
      h("div", { class: "cg-scenario-tools" }, tools(place, words, scenario, job)));
  }

  function others(words) {
    const listed = new Set(known.scenarios.filter(({ own }) => own).map(jobOf).filter(Boolean));
    const jobs = known.jobs.filter((job) => isUnderWay(job) && !listed.has(job) && job.kind !== "stale_scenarios");
    if (!jobs.length) return [];
    return [
      h("h3", { class: "cg-quiet" }, words("jobs")),
      h("ul", { class: "cg-scenario-list" }, jobs.map((job) => h("li", { "data-job": String(job.id) }, words(`job_${job.kind}`), progress(words, job)))),
    ];
  }

  /* One job for all of one's own that are out of date; while it runs, how far it is. */
  function anew(words) {
    const [job] = known.jobs.filter(({ kind }) => kind === "stale_scenarios");
    const stale = known.scenarios.filter(({ own, stale: isStale }) => own && isStale);
    if (isUnderWay(job)) return progress(words, job);
    if (!stale.length) return null;
    return h("div", { class: "cg-scenario-anew" },
      job?.state === "failed" && h("p", { class: "cg-quiet" }, words("failed", { why: job.failure ?? "" })),
      button("anew", words("all_stale", { n: stale.length }), () => act(() => post("jobs", { kind: "stale_scenarios" }))));
  }

  function draw() {
    const place = box();
    if (!place) return;
    const words = sayer(JSON.parse(place.dataset.words));
    const held = document.activeElement?.closest("#scenarios") ? document.activeElement.id : "";
    // What somebody is typing outlives a change of the places tried.
    if (place.dataset.formed !== place.dataset.draft + place.dataset.words) {
      const before = place.querySelector("form");
      const made = form(place, words);
      if (made && before) {
        made.elements.name.value = before.elements.name.value;
        made.elements.shared.checked = before.elements.shared.checked;
      }
      place.replaceChildren(...[made, h("div", {})].filter(Boolean));
      place.dataset.formed = place.dataset.draft + place.dataset.words;
    }
    const list = known.scenarios.length
      ? h("ul", { class: "cg-scenario-list" }, known.scenarios.map((each) => item(place, words, each)))
      : isKnown && h("p", { class: "cg-quiet" }, words("none"));
    const parts = [fault && h("p", { class: "cg-reveal-refused", role: "alert" }, fault), anew(words), list, ...others(words)];
    place.lastElementChild.replaceChildren(...parts.filter(Boolean));
    if (held) document.getElementById(held)?.focus({ preventScroll: true });
  }

  function ask(id, focus) {
    asking = id;
    draw();
    document.getElementById(`scenario-${focus}`)?.focus();
  }

  // --- the server ------------------------------------------------------------------------------
  async function act(does, then) {
    try {
      await does();
      fault = "";
      then?.();
      box()?.querySelector("form")?.reset();
    } catch (error) {
      fault = error.message;
    }
    await refresh();
  }

  async function putAway(place, scenario) {
    asking = null;
    await act(() => post(`scenarios/${scenario.id}/delete`, {}), () => {
      if (place.dataset.shown === String(scenario.id)) window.citygrid.tell("ask", "scenario:");
    });
  }

  async function refresh() {
    clearTimeout(timer);
    timer = null;
    try {
      const [kept, jobs] = await Promise.all([request("scenarios"), request("jobs")]);
      known = { scenarios: kept.scenarios, jobs: jobs.jobs };
      isKnown = true;
    } catch (error) {
      fault = error.message;
    }
    draw();
    if (box() && known.jobs.some(isUnderWay)) timer ??= setTimeout(refresh, AGAIN_MS);
  }

  // Drawn by the server, empty; filled here as soon as it is there, and when it is asked anew.
  new MutationObserver(() => {
    numbers();
    const place = box();
    if (!place) return;
    const { draft, shown, words } = place.dataset;
    const told = [draft, shown, words].join();
    if (place.dataset.drawn === told) return;
    const isNew = place.dataset.drawn === undefined;
    place.dataset.drawn = told;
    draw();
    if (isNew) refresh();
  }).observe(document.body, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-draft", "data-shown", "data-words", "data-asks", "data-value"],
  });

  window.addEventListener("citygrid:news", ({ detail }) => {
    // Boundaries and numbers that change make scenarios stale.
    if (box()) refresh();
  });
})();
