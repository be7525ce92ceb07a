/* Evening a load out: the form, how far the search is, what it found, and the best next hand-over. */
(function () {
  "use strict";

  const { h, icon, ground, workbench: bench } = window.citygrid;
  const { unitOf, nameOf, fullName, facesOf, boxOf } = ground;
  const { draw, doing, picker, typed, hint, selection, chosen, number } = bench;

  const LOADS = ["households", "people", "buildings", "floor_area", "open_incidents"];
  const MOST_SECONDS = 20;
  // A deviation of a tenth of a percent is none.
  const SLIGHT = 0.001;

  const say = (key, values) => bench.say(`bench.${key}`, values);
  const root = document.documentElement;

  function share(value, isSigned = false) {
    const options = { style: "percent", maximumFractionDigits: Math.abs(value) < 0.1 ? 1 : 0 };
    if (isSigned) options.signDisplay = "exceptZero";
    return new Intl.NumberFormat(root.lang, options).format(value);
  }

  // --- what could be evened out ---------------------------------------------------------------
  const childrenOf = (id) => [...bench.session.units.values()].filter((unit) => unit.parent === id);

  function isWithin(id, scope) {
    for (let at = unitOf(id); at; at = unitOf(at.parent)) if (at.id === scope) return true;
    return false;
  }

  /* The units in a scope whose load could be evened out: divided ones, and none that is exclusive. */
  function groupsOf(scope) {
    return [...bench.session.units.values()].filter((unit) => unit.id !== scope && !unit.face
      && unit.kind === "basic" && isWithin(unit.id, scope) && childrenOf(unit.id).length);
  }

  const lowest = (groups) => Math.max(...groups.map((unit) => unit.level));

  /* What the order covers and what lies in it, where one may redraw and two units could share. */
  function scopes() {
    const within = JSON.parse(document.querySelector("[data-part=bench]").dataset.within || "[]");
    return [...bench.session.units.values()]
      .filter((unit) => unit.mine && !unit.face && within.some((each) => isWithin(unit.id, each)))
      .filter((unit) => {
        const groups = groupsOf(unit.id);
        return groups.filter((each) => each.level === lowest(groups)).length > 1;
      })
      .sort((a, b) => a.level - b.level || a.code.localeCompare(b.code));
  }

  // --- looking --------------------------------------------------------------------------------
  let running = null;
  let found = null;

  const clamped = (value, least, most, otherwise) => (Number(value) ? Math.min(Math.max(Number(value), least), most) : otherwise);

  function locked(level) {
    // On the map the smallest units are clicked: what is handed over may be what they lie in.
    const raised = chosen().units.map((id) => {
      let at = unitOf(id);
      while (at && at.level > level + 1) at = unitOf(at.parent);
      return at?.id;
    });
    return [...new Set([...raised.filter((id) => id !== undefined), ...(bench.form.still ?? [])])];
  }

  async function look() {
    const { form, url } = bench;
    const { load, barriers } = form;
    const seconds = clamped(form.seconds, 1, MOST_SECONDS, 10);
    const level = Number(form.level);
    running = { url, seconds, start: performance.now(), timer: setInterval(tick, 250) };
    found = null;
    draw();
    try {
      const { balance } = await window.citygrid.edit.balance({
        scope: Number(form.scope), load, level, within: Number(form.within),
        tolerance: clamped(form.tolerance, 0.1, 99, 5) / 100, locked: locked(level), barriers, seconds,
      });
      if (balance) found = { url, balance, load, barriers, revision: bench.session?.state.revision };
    } finally {
      clearInterval(running.timer);
      running = null;
      draw();
      document.querySelector("[data-part=balance-found]")?.scrollIntoView({ block: "nearest" });
    }
  }

  async function stop(event) {
    event.target.disabled = true;
    await fetch(`${running.url}/balance/stop`, { method: "POST", headers: { Accept: "application/json" } });
  }

  const gone = () => Math.floor((performance.now() - running.start) / 1000);

  function tick() {
    const place = document.querySelector("[data-part=balance-running]");
    if (!place || !running) return;
    place.querySelector("progress").value = Math.min(gone(), running.seconds);
    place.querySelector("p").textContent = said();
  }

  function said() {
    return gone() > running.seconds ? say("balance_late") : say("balance_running", { n: gone(), m: running.seconds });
  }

  function progress() {
    return h("div", { class: "cg-balance-running", "data-part": "balance-running", role: "status" },
      h("p", {}, said()),
      h("progress", { max: String(running.seconds), value: String(Math.min(gone(), running.seconds)), "aria-label": say("balance") }),
      h("button", { type: "button", class: "cg-button", "data-op": "balance-stop", onclick: stop }, say("balance_stop")));
  }

  // --- what was found -------------------------------------------------------------------------
  function zoomTo(id) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const face of facesOf(id)) {
      const [w, s, e, n] = boxOf(face);
      box.splice(0, 4, Math.min(box[0], w), Math.min(box[1], s), Math.max(box[2], e), Math.max(box[3], n));
    }
    if (!Number.isFinite(box[0])) return;
    const pad = Math.max(box[2] - box[0], box[3] - box[1]) / 2;
    window.citygrid.edit.zoom([box[0] - pad, box[1] - pad, box[2] + pad, box[3] + pad]);
  }

  const eye = (id) => h("button", {
    type: "button", class: "cg-icon-button", title: say("balance_zoom"), "aria-label": `${nameOf(id)}: ${say("balance_zoom")}`,
    onclick: () => zoomTo(id),
  }, icon("target"));

  // Every community has a "Grid 1": where several take part, what they lie in tells them apart.
  function group(id, others) {
    const isOne = others.every((each) => unitOf(each)?.parent === unitOf(id)?.parent);
    const parent = unitOf(id)?.parent;
    return isOne || !unitOf(parent) ? nameOf(id) : `${nameOf(parent)} · ${nameOf(id)}`;
  }

  const way = (from, to) => h("small", {}, h("span", {}, group(from, [to])), " → ", h("span", {}, group(to, [from])));

  /* How good it is, in sentences. */
  function worth({ moves, deviation, tolerance, bound, apart, is_within: isWithinIt, is_fewest: isFewest, is_cut: isCut }, barriers) {
    const t = share(tolerance);
    const sentences = [];
    if (!moves.length) sentences.push(say(isWithinIt ? "balance_already" : "balance_no_move", { t }));
    else if (isWithinIt) {
      sentences.push(isFewest ? say("balance_fewest", { t })
        : say("balance_within_it", { t, n: number(Math.max(bound.moves ?? 1, 1)) }));
    }
    if (!isWithinIt) {
      sentences.push(bound.deviation > tolerance ? say("balance_cannot", { t, d: share(bound.deviation) })
        : say("balance_over", { t, d: share(bound.deviation) }));
    }
    if (isCut && !(isWithinIt && isFewest) && deviation.after > 0) sentences.push(say("balance_cut"));
    if (apart > SLIGHT) {
      const d = share(apart);
      if (barriers === "forbidden") sentences.push(`${say("balance_apart", { d })} ${say("balance_apart_how")}`);
      else sentences.push(say("balance_apart_still", { d }));
    }
    return sentences;
  }

  function moved({ moves, share_moved: part, households_moved: households }, load) {
    const words = { n: number(moves.length), share: share(part), load: say(`load_${load}`), h: number(households ?? 0) };
    if (households === null) return say("balance_moved_share", words);
    return say(load === "households" ? "balance_moved_homes" : "balance_moved", words);
  }

  function result({ balance, load, barriers }) {
    const { moves, groups, deviation } = balance;
    const all = groups.map(({ unit }) => unit);
    const digits = new Intl.NumberFormat(root.lang, { maximumFractionDigits: 0 });
    const amount = (value) => digits.format(value);
    return h("div", { class: "cg-balance-found", "data-part": "balance-found", role: "status" },
      h("h4", {}, say("balance_deviation")),
      h("p", { class: "cg-balance-change" },
        h("span", { "data-part": "deviation-before" }, share(deviation.before)), " → ",
        h("strong", { "data-part": "deviation-after" }, share(deviation.after))),
      moves.length ? h("p", { "data-part": "balance-moved" }, moved(balance, load)) : null,
      worth(balance, barriers).map((sentence) => h("p", { class: "cg-quiet" }, sentence)),
      moves.length ? h("button", {
        type: "button", class: "cg-button cg-button-icon", "data-does": "edit-undo", "data-op": "balance-undo",
      }, icon("undo"), say("undo_short")) : null,
      moves.length ? h("ul", { class: "cg-balance-moves" }, moves.map(({ unit, from, to }) => h("li", { "data-moved": String(unit) },
        h("span", {}, nameOf(unit), way(from, to)), eye(unit)))) : null,
      h("h4", {}, say(`load_${load}`)),
      h("ul", { class: "cg-balance-groups" }, groups.map(({ unit, before, after }) => h("li", {},
        h("span", {}, group(unit, all)),
        h("span", {}, before.load === after.load ? amount(after.load) : [`${amount(before.load)} → `, h("strong", {}, amount(after.load))]),
        h("small", {}, share(after.deviation, true))))));
  }

  // --- the best next one ----------------------------------------------------------------------
  let hints = { key: "", list: null, sentence: "" };

  function nextBest(asked) {
    const query = new URLSearchParams({ ...asked, language: window.citygrid.language() });
    const key = `${bench.url} ${bench.session.state.revision} ${query}`;
    if (hints.key !== key) {
      hints = { key, list: null, sentence: "" };
      fetch(`${bench.url}/hints?${query}`, { headers: { Accept: "application/json" } }).then(async (answer) => {
        const told = await answer.json();
        if (hints.key !== key) return;
        hints.list = answer.ok ? told.hints : [];
        hints.sentence = answer.ok ? "" : told.error ?? answer.statusText;
        draw();
      }, () => { if (hints.key === key) hints.list = []; });
    }
    return hints;
  }

  function hintLine(asked) {
    const { load } = asked;
    const { list, sentence } = nextBest(asked);
    const title = h("h4", {}, say("balance_next", { load: say(`load_${load}`) }));
    if (!list) return h("div", { class: "cg-balance-next" }, title, h("p", { class: "cg-quiet" }, say("loading")));
    const [best] = list;
    if (!best) return h("div", { class: "cg-balance-next" }, title, h("p", { class: "cg-quiet" }, sentence || say("balance_next_none")));
    const side = (id, { before, after }) => h("li", {}, h("span", {}, group(id, [best.from, best.to])),
      h("span", {}, `${share(before.deviation, true)} → `, h("strong", {}, share(after.deviation, true))));
    return h("div", { class: "cg-balance-next", "data-part": "balance-next" }, title,
      h("div", { class: "cg-balance-moves" }, h("div", {}, h("span", {}, nameOf(best.unit), way(best.from, best.to)), eye(best.unit))),
      h("ul", { class: "cg-balance-groups" }, side(best.from, best.giver), side(best.to, best.taker)),
      h("div", { class: "cg-bench-does" }, doing(() => ({ do: "hand_over", units: [best.unit], parent: best.to }),
        { "data-op": "balance-next", "data-unit-moved": String(best.unit) }, say("balance_next_do"))));
  }

  // --- the form -------------------------------------------------------------------------------
  function still(groups) {
    const { form } = bench;
    form.still ??= [];
    const toggle = (id) => { form.still = form.still.includes(id) ? form.still.filter((each) => each !== id) : [...form.still, id]; };
    return h("fieldset", { class: "cg-balance-still" }, h("legend", {}, say("balance_still")),
      hint(say("balance_still_hint")),
      h("ul", { class: "cg-building-list" }, groups.map(({ id }) => h("li", {}, h("label", {},
        h("input", { type: "checkbox", id: `bench-still-${id}`, checked: form.still.includes(id), onchange: () => toggle(id) }),
        h("span", {}, group(id, groups.map((unit) => unit.id))))))),
      chosen().units.length ? selection() : null);
  }

  function advanced(scope) {
    const { form, levels } = bench;
    const named = (n) => levels.find((level) => level.number === n)?.name ?? String(n);
    const groups = groupsOf(scope.id);
    const steps = [...new Set(groups.map((unit) => unit.level))].sort((a, b) => b - a);
    const level = picker(say("balance_level"), "level", steps.map((n) => [n, named(n)]));
    const above = levels.map((each) => each.number).filter((n) => n >= scope.level && n < Number(form.level)).sort((a, b) => b - a);
    const within = picker(say("balance_within"), "within", above.map((n) => [n, n === scope.level ? nameOf(scope.id) : say("balance_each", { level: named(n) })]));
    return h("details", { class: "cg-balance-more", open: Boolean(form.isOpen), ontoggle: (event) => { form.isOpen = event.target.open; } },
      h("summary", { id: "bench-balance-more" }, say("balance_more")),
      steps.length > 1 ? level : null,
      above.length > 1 ? within : null,
      picker(say("balance_barriers"), "barriers", ["forbidden", "dear", "ignored"].map((key) => [key, say(`balance_${key}`)])),
      typed(say("balance_seconds"), "seconds", { type: "number", min: "1", max: String(MOST_SECONDS), step: "1" }),
      still(groups.filter((unit) => unit.level === Number(form.level))));
  }

  function balanceBench() {
    const { form } = bench;
    const options = scopes();
    if (!options.length) return hint(say("balance_none"));
    form.tolerance ??= "5";
    form.seconds ??= "10";
    form.barriers ??= "forbidden";
    const isRunning = running?.url === bench.url;
    const isCurrent = found?.url === bench.url && found.revision === bench.session.state.revision;
    const where = picker(say("balance_where"), "scope", options.map((unit) => [unit.id, nameOf(unit.id)]));
    const load = picker(say("balance_load"), "load", LOADS.map((key) => [key, say(`load_${key}`)]));
    const scope = unitOf(Number(form.scope));
    return [
      hint(say("balance_hint")), options.length > 1 ? where : null,
      h("div", { class: "cg-field-row" }, load, typed(say("balance_tolerance"), "tolerance",
        { type: "number", min: "0.5", max: "50", step: "0.5", title: say("balance_tolerance_note") })),
      advanced(scope),
      isRunning ? progress() : h("div", { class: "cg-bench-does" }, h("button", {
        type: "button", class: "cg-button cg-button-main", "data-op": "balance-go", onclick: look,
      }, say("balance_go"))),
      isCurrent ? result(found) : null,
      isRunning ? null : hintLine({ unit: scope.id, load: form.load, barriers: form.barriers, within: form.within }),
    ];
  }

  /* While nothing is chosen to be handed over: what would help most. */
  function suggested() {
    const [scope] = scopes();
    return scope ? hintLine({ unit: scope.id, load: "households" }) : null;
  }

  bench.add({ balance: balanceBench });
  bench.suggested = suggested;
})();
