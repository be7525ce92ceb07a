/* The bench of the open change order: which tool, what is chosen, and a form for every operation,
   so that whatever the mouse can do the keyboard can do as well. Drawn here, from the ground the
   browser holds: choosing asks nothing of the server. */
(function () {
  "use strict";

  const { h, icon, sayer, language, ground } = window.citygrid;
  const { unitOf, nameOf, fullName, around, faces, facesOf, faceOfDrawn } = ground;
  const root = document.documentElement;

  let edit = null;
  let say = (key) => key;
  let levels = [];
  let refused = "";
  // Why the draft cannot be drawn on until it is brought up to date.
  let stale = "";
  // What the server said of buildings: id → {id, name, address, estate, unit, households}.
  const known = new Map();
  const asked = new Map();

  const bench = () => document.querySelector("[data-part=bench]");
  const session = () => (edit ? window.citygrid_map.edit.sessionOf(edit.url) : null);
  ground.of(session);
  const levelName = (n) => levels.find((level) => level.number === n)?.name ?? "";
  const chosen = () => ({ units: [], buildings: [], ...edit?.selection });
  const number = (n) => new Intl.NumberFormat(root.lang).format(n);

  // --- buildings ------------------------------------------------------------------------------
  async function fetchBuildings(query) {
    const answer = await fetch(`${edit.url}/buildings?${query}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error || answer.statusText);
    const { unit, buildings } = await answer.json();
    for (const building of buildings) known.set(building.id, { ...building, unit });
    return buildings;
  }

  /* Ask for something once; the bench is drawn again when it is there. */
  function ask(query) {
    const key = `${edit.url} ${query}`;
    if (!asked.has(key)) {
      asked.set(key, null);
      fetchBuildings(query).then((list) => { asked.set(key, list); draw(); },
        (error) => {
          // Asked again when something changes, not at once.
          asked.set(key, []);
          refuse(error.message);
        });
    }
    return asked.get(key);
  }

  const faceOfBuilding = (id) => known.get(id)?.unit ?? faceOfDrawn(id);

  const nameOfBuilding = (id) => {
    const building = known.get(id);
    return building?.name || building?.address || say("bench.building", { n: id });
  };

  // --- doing ----------------------------------------------------------------------------------
  function refuse(sentence) {
    refused = sentence;
    draw();
    document.querySelector(".cg-bench-refused")?.scrollIntoView({ block: "nearest" });
  }

  async function carry(operation) {
    refused = "";
    const { isDone, sentence } = await window.citygrid.edit.do(operation);
    if (!isDone) return refuse(sentence);
    window.citygrid.edit.set({ selection: { units: [], buildings: [] } });
    if (sentence) window.citygrid.toast(sentence, say("bench.undo_short"));
    return draw();
  }

  // The button whose numbers are shown: one that is drawn away under the pointer is never left.
  let looked = null;

  function rest() {
    looked = null;
    window.citygrid.edit.rest();
  }

  /* A button that shows the numbers of what it would do while it is looked at. */
  function doing(operation, attributes, ...children) {
    const look = ({ currentTarget }) => {
      looked = currentTarget;
      window.citygrid.edit.try(operation());
    };
    return h("button", {
      type: "button", class: "cg-button", ...attributes,
      onmouseenter: look, onfocus: look, onmouseleave: rest, onblur: rest,
      onclick: () => carry(operation()),
    }, ...children);
  }

  // --- parts of forms -------------------------------------------------------------------------
  function field(label, control, note) {
    return h("label", { class: "cg-field" }, h("span", {}, label), control, note ? h("small", {}, note) : null);
  }

  function picker(label, key, options, { note } = {}) {
    const values = options.map(([value]) => String(value));
    const now = values.includes(String(form[key])) ? String(form[key]) : values[0] ?? "";
    form[key] = now;
    return field(label, h("select", {
      class: "cg-input", id: `bench-${key}`, onchange: (event) => { form[key] = event.target.value; draw(); },
    }, options.map(([value, text]) => h("option", { value: String(value), selected: String(value) === now }, text))), note);
  }

  function typed(label, key, { type = "text", note, ...more } = {}) {
    return field(label, h("input", {
      class: "cg-input", id: `bench-${key}`, type, value: String(form[key] ?? ""), ...more,
      oninput: (event) => { form[key] = event.target.value; },
      onchange: (event) => { form[key] = event.target.value; },
    }), note);
  }

  function segments(now, options, choose) {
    return h("div", { class: "cg-segments", role: "group" }, options.map(([key, text]) => h("button", {
      type: "button", class: "cg-period", "aria-pressed": String(key === now), "data-choice": key, onclick: () => choose(key),
    }, text)));
  }

  function hint(text) {
    return h("p", { class: "cg-bench-hint" }, text);
  }

  function byForm(...parts) {
    return h("div", { class: "cg-bench-form" }, h("h4", {}, say("bench.by_form")), parts);
  }

  const ordered = (units) => units.sort((a, b) => Number(b.mine) - Number(a.mine) || a.code.localeCompare(b.code));
  const asOptions = (units) => ordered([...units]).map((unit) => [unit.id, fullName(unit.id)]);
  // What is typed and picked in forms, kept while the bench is drawn again.
  let form = {};

  // --- what is chosen -------------------------------------------------------------------------
  function selection() {
    const { units, buildings } = chosen();
    if (!units.length && !buildings.length) return h("p", { class: "cg-quiet" }, say("bench.chosen_none"));
    for (const face of new Set(buildings.filter((id) => !known.has(id)).map(faceOfBuilding))) {
      if (face !== undefined) ask(`unit=${face}`);
    }
    const drop = (kind, id, name) => h("li", {}, h("span", {}, name), h("button", {
      type: "button", class: "cg-icon-button", "aria-label": say("bench.drop", { name }), title: say("bench.drop", { name }),
      onclick: () => window.citygrid.edit.set({ selection: { ...chosen(), [kind]: chosen()[kind].filter((each) => each !== id) } }),
    }, icon("close")));
    const households = buildings.reduce((sum, id) => sum + (known.get(id)?.households ?? 0), 0);
    return h("div", { class: "cg-chosen" },
      h("div", { class: "cg-order-head" },
        h("h4", {}, buildings.length ? say("bench.chosen_buildings", { n: buildings.length }) : say("bench.chosen_units", { n: units.length }),
          households ? h("small", {}, say("bench.chosen_households", { n: number(households) })) : null),
        h("button", {
          type: "button", class: "cg-link", onclick: () => window.citygrid.edit.set({ selection: { units: [], buildings: [] } }),
        }, say("bench.clear"))),
      h("ul", {}, units.map((id) => drop("units", id, fullName(id))),
        buildings.slice(0, 60).map((id) => drop("buildings", id, nameOfBuilding(id)))));
  }

  // --- hand over ------------------------------------------------------------------------------
  function givers() {
    const { units, buildings, estate } = chosen();
    if (units.length) return units.flatMap(facesOf);
    if (estate) return [Number(form.from)];
    return [...new Set(buildings.map(faceOfBuilding).filter((id) => id !== undefined))];
  }

  /* Who could take it: neighbouring units of the giver's level, and the ones beside it in its own. */
  function takers() {
    const giving = givers();
    const own = new Set(giving.map((id) => unitOf(id)?.parent));
    const others = new Map();
    const within = new Map();
    for (const [face, length] of around(giving)) {
      const parent = unitOf(face)?.parent ?? null;
      if (own.has(parent) || parent === null || !unitOf(parent)) within.set(face, length);
      else others.set(parent, (others.get(parent) ?? 0) + length);
    }
    const longest = (map) => [...map].sort((a, b) => b[1] - a[1]);
    return { others: longest(others), within: chosen().units.length ? [] : longest(within), own: [...own][0] };
  }

  function handing(to) {
    const { units, buildings, estate } = chosen();
    if (units.length) return { do: "hand_over", units, parent: to };
    if (estate) return { do: "hand_over_estate", estate, to };
    return { do: "hand_over_buildings", buildings, to };
  }

  function takerList() {
    const { units, buildings, estate } = chosen();
    if (!units.length && !buildings.length && !estate) return hint(say("bench.to_first"));
    if (buildings.length && !givers().length) return h("p", { class: "cg-quiet" }, say("bench.outside"));
    const { others, within, own } = takers();
    const rows = (list) => h("ul", { class: "cg-takers" }, list.map(([id, length]) => h("li", {},
      doing(() => handing(id), { class: "cg-taker", "data-to": String(id) },
        h("span", {}, icon("right"), fullName(id)),
        h("small", {}, say("bench.border_m", { n: number(Math.round(length)) }))))));
    if (!others.length && !within.length) return h("p", { class: "cg-quiet" }, say("bench.to_none"));
    return h("div", {},
      h("h4", {}, say("bench.to")),
      others.length ? h("h5", {}, say("bench.to_other", { level: levelName(unitOf(others[0][0])?.level) })) : null,
      others.length ? rows(others) : null,
      within.length ? h("h5", {}, say("bench.to_own", { place: own ? nameOf(own) : "" })) : null,
      within.length ? rows(within) : null);
  }

  const HOW = {
    pick: { tool: "select", purpose: "hand_over", picks: undefined },
    estate: { tool: "select", purpose: "hand_over", picks: "buildings" },
    area: { tool: "draw_area", purpose: "select", shape: "polygon", picks: "buildings" },
    list: { tool: "select", purpose: "hand_over", picks: "buildings" },
  };

  function fromUnit() {
    return picker(say("bench.unit"), "from", asOptions(faces().filter((unit) => unit.mine || !faces().some((each) => each.mine))));
  }

  function buildingList() {
    const list = form.from ? ask(`unit=${form.from}`) : [];
    if (!list) return h("p", { class: "cg-quiet" }, say("bench.loading"));
    if (!list.length) return h("p", { class: "cg-quiet" }, say("bench.no_buildings"));
    const wanted = (form.filter ?? "").toLowerCase();
    const shown = list.filter((each) => `${each.name ?? ""} ${each.address ?? ""}`.toLowerCase().includes(wanted));
    const isOn = new Set(chosen().buildings);
    const toggle = (id) => {
      const buildings = isOn.has(id) ? [...isOn].filter((each) => each !== id) : [...isOn, id];
      window.citygrid.edit.set({ selection: { units: [], buildings } });
    };
    return h("div", {},
      h("input", {
        class: "cg-input", type: "search", placeholder: say("bench.filter"), "aria-label": say("bench.filter"), value: form.filter ?? "",
        id: "bench-filter", oninput: (event) => { form.filter = event.target.value; draw(); },
      }),
      h("ul", { class: "cg-building-list" }, shown.slice(0, 200).map((each) => h("li", {}, h("label", {},
        h("input", { type: "checkbox", checked: isOn.has(each.id), id: `bench-building-${each.id}`, onchange: () => toggle(each.id) }),
        h("span", {}, nameOfBuilding(each.id)),
        each.households ? h("small", {}, say("bench.chosen_households", { n: number(each.households) })) : null)))));
  }

  function estateList() {
    const list = form.from ? ask(`unit=${form.from}`) : [];
    if (!list) return h("p", { class: "cg-quiet" }, say("bench.loading"));
    const estates = new Map();
    for (const { estate_id: id, estate } of list) if (id !== null) estates.set(id, estate[language()] || Object.values(estate)[0]);
    if (!estates.size) return h("p", { class: "cg-quiet" }, say("bench.no_estate"));
    return h("ul", { class: "cg-building-list" }, [...estates].map(([id, name]) => h("li", {}, h("label", {},
      h("input", {
        type: "radio", name: "estate", id: `bench-estate-${id}`, checked: chosen().estate === id,
        onchange: () => window.citygrid.edit.set({ selection: { units: [], buildings: [], estate: id } }),
      }), h("span", {}, name)))));
  }

  function handOver() {
    const how = edit.how ?? "pick";
    const { units, buildings, estate } = chosen();
    const isNothing = how === "pick" && !units.length && !buildings.length && !estate;
    const options = ["pick", "estate", "area", "list"].map((key) => [key, say(`bench.how_${key}`)]);
    const parts = {
      pick: () => hint(say("bench.hint_pick")),
      area: () => [hint(say("bench.hint_area")),
        segments(edit.shape, ["polygon", "rectangle", "freehand"].map((key) => [key, say(`bench.shape_${key}`)]),
          (shape) => window.citygrid.edit.set({ shape }))],
      estate: () => [fromUnit(), estateList()],
      list: () => [fromUnit(), buildingList()],
    };
    return [segments(how, options, (key) => window.citygrid.edit.set({ how: key, ...HOW[key] })),
      parts[how](), selection(), takerList(), isNothing ? window.citygrid.workbench.suggested() : null];
  }

  const BENCHES = { hand_over: handOver };

  // --- drawing the bench ----------------------------------------------------------------------
  function draw() {
    const place = bench();
    if (!place || !edit) return;
    say = sayer(JSON.parse(place.dataset.words));
    levels = JSON.parse(place.dataset.levels);
    for (const button of document.querySelectorAll("[data-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === edit.bench));
    }
    steps();
    if (!session()?.isLoaded) return;
    const focused = document.activeElement?.closest("[data-part=bench]") ? document.activeElement : null;
    const key = focused && (focused.id || focused.dataset.op || focused.dataset.to || focused.dataset.choice);
    const scrolled = place.querySelector(".cg-building-list")?.scrollTop ?? 0;
    if (stale) {
      place.replaceChildren(h("p", { class: "cg-bench-refused", role: "alert" }, stale), h("button", {
        type: "button", class: "cg-button cg-button-main", "data-does": `order-act ${edit.order} rebase`, "data-words": place.dataset.actWords,
      }, say("bench.update")));
      return;
    }
    const parts = edit.bench ? BENCHES[edit.bench]() : [hint(say("bench.tools_first"))];
    place.replaceChildren(...(refused ? [h("p", { class: "cg-bench-refused", role: "alert" }, refused)] : []),
      ...[parts].flat(3).filter(Boolean));
    if (looked && !looked.isConnected) rest();
    const list = place.querySelector(".cg-building-list");
    if (list) list.scrollTop = scrolled;
    if (key) {
      const again = [...place.querySelectorAll("[id], [data-op], [data-to], [data-choice]")]
        .find((each) => [each.id, each.dataset.op, each.dataset.to, each.dataset.choice].includes(key));
      again?.focus({ preventScroll: true });
    }
  }

  function steps() {
    const state = session()?.state;
    const said = document.querySelector("[data-part=steps]");
    const saved = document.querySelector("[data-part=saved]");
    if (!state || !said) return;
    said.textContent = state.steps === 0 ? say("bench.step_none")
      : state.done === state.steps ? say("bench.step", { n: state.done })
        : say("bench.step_of", { n: state.done, m: state.steps });
    const how = state.isLost ? "lost" : state.waiting ? "saving" : "saved";
    saved.dataset.how = how;
    saved.textContent = state.steps || how !== "saved" ? say(`bench.${how}`) : "";
  }

  /* The store, or a panel around the bench, is another: draw what follows. */
  function show(now) {
    const isOther = !edit || !now || edit.order !== now.order;
    if (isOther || edit.bench !== now.bench) {
      form = {};
      refused = "";
    }
    if (isOther) stale = "";
    const before = edit;
    edit = now ?? null;
    if (before && edit && before.order === edit.order) given(before);
    draw();
    window.citygrid.edit.repaint();
    lines();
    answers();
    return window.dash_clientside.no_update;
  }

  /* Buildings were chosen and then a neighbour was clicked on the map: that hands them over. */
  function given(before) {
    const was = { units: [], buildings: [], ...before.selection };
    const { units, buildings } = chosen();
    if (edit.bench !== "hand_over" || !was.buildings.length || buildings.length || units.length !== 1) return;
    const [to] = units;
    edit = { ...edit, selection: was };
    const { others, within } = takers();
    const parent = unitOf(to)?.parent;
    const isTaker = within.some(([id]) => id === to) || others.some(([id]) => id === parent);
    if (isTaker) carry({ do: "hand_over_buildings", buildings: was.buildings, to });
    else edit = { ...edit, selection: { units, buildings } };
  }

  // What is being typed outlives a panel that is drawn anew.
  const typing = new Map();
  document.addEventListener("input", (event) => {
    const item = event.target.closest?.("#edit-remarks [data-remark]");
    if (item && edit) typing.set(`${edit.order} ${item.dataset.remark}`, event.target.value);
  });

  /* Remarks that were answered before show their answers. */
  function answers() {
    const list = document.getElementById("edit-remarks");
    const kept = JSON.parse(list?.dataset.answers || "{}");
    const answerOf = (key) => typing.get(`${edit?.order} ${key}`) ?? kept[key];
    for (const item of list?.querySelectorAll("[data-remark]") ?? []) {
      const place = item.querySelector("[data-answer]");
      const words = answerOf(item.dataset.remark);
      if (place && !place.value && words && document.activeElement !== place) place.value = words;
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-tool]");
    if (!button) return;
    const [, bench_, tool, purpose] = button.dataset.does.split(" ");
    const isOn = edit?.bench === bench_;
    window.citygrid.edit.set(isOn
      ? { bench: null, tool: "look", purpose: "" }
      : { bench: bench_, tool, purpose, shape: "polygon", how: "pick", picks: undefined, selection: { units: [], buildings: [] } });
  });

  /* A line that tells nobody anything is left out, and rounded numbers are explained. */
  function lines() {
    const table = document.getElementById("edit-numbers");
    if (!table) return;
    for (const label of table.querySelectorAll("[data-of]")) {
      const cells = [...table.querySelectorAll(`[data-unit] [data-key="${label.dataset.of}"]`)];
      label.hidden = cells.length > 0 && cells.every((cell) => cell.hidden);
    }
    const rows = session()?.state.numbers?.rows ?? [];
    table.dataset.rounded = String(rows.some(({ values }) => Object.values(values).some((each) => each.is_exact === false)));
  }

  window.addEventListener("citygrid:edit", ({ detail }) => {
    if (!edit || detail.url !== edit.url) return;
    steps();
    lines();
    if (detail.kind === "ground") stale = detail.stale ?? "";
    if (detail.kind === "ground" || detail.kind === "done") {
      // Buildings may stand in another unit now.
      asked.clear();
      known.clear();
      draw();
      answers();
    } else if (detail.kind === "refused") refuse(detail.sentence);
  });

  Object.assign(window.citygrid, {
    workbench: {
      show, draw, carry, refuse, doing, picker, typed, hint, byForm, asOptions, selection, chosen, number,
      get say() { return say; },
      get form() { return form; },
      get levels() { return levels; },
      get url() { return edit.url; },
      get session() { return session(); },
      // Other tools bring their benches, and what would help most.
      suggested: () => null,
      add(benches) { Object.assign(BENCHES, benches); },
    },
  });
})();
