/* The change order being edited, as the page sees it: tools, undo, and the table of numbers and the
   list of remarks, which follow the line while it moves. The map and the forms share one session
   with the server; it lives in the map's bundle and works without a map as well. */
(function () {
  "use strict";

  const root = document.documentElement;
  // What the single store of the editor holds: order, url, revision, tool, purpose, selection, …
  let edit = null;
  let number = 0;

  const NOTHING = { tool: "look", purpose: "", shape: "polygon", selection: { units: [], buildings: [] } };

  function session() {
    return edit && edit.url ? window.citygrid_map.edit.sessionOf(edit.url) : null;
  }

  const none = async () => ({ isDone: false, sentence: "" });

  // --- the store, which one callback writes ----------------------------------------------------
  function set(changes) {
    window.dash_clientside.set_props("edit-event", { data: { n: ++number, changes } });
  }

  /* What the store holds next: another order begins anew, everything else changes a part. */
  function next(event, picked, edited, base, now) {
    const names = window.dash_clientside.callback_context.triggered.map(({ prop_id }) => prop_id.split(".")[0]);
    if (!base) {
      edit = null;
      // An empty store is empty already.
      if (!now) throw window.dash_clientside.PreventUpdate;
      return null;
    }
    let after = now && now.url === base.url ? { ...now } : { ...NOTHING, order: base.order, url: base.url, revision: 0 };
    if (names.includes("edit-event") && event) after = { ...after, ...event.changes };
    if (names.includes("map") && picked && picked.n !== after.heard?.picked) {
      const { n, ...selection } = picked;
      after.selection = selection;
      after.heard = { ...after.heard, picked: n };
    }
    if (names.includes("map") && edited && edited.n !== after.heard?.edited) {
      after.revision = edited.revision;
      after.heard = { ...after.heard, edited: edited.n };
    }
    if (now && JSON.stringify(now) === JSON.stringify(after)) {
      edit = now;
      return window.dash_clientside.no_update;
    }
    edit = after;
    return after;
  }

  /* What the map is given: the order's part comes from the server, the tool's from the store. */
  function spec(now, base) {
    if (!now || !base || now.url !== base.url) return null;
    const { revision, heard, ...tool } = now;
    return { ...base, ...tool };
  }

  // --- numbers and remarks ---------------------------------------------------------------------
  function written(value, cell, { language, isExact = true, sign = false }) {
    if (value === null || value === undefined) return "–";
    const scaled = value * Number(cell.dataset.scale || 1);
    const digits = cell.dataset.digits;
    const options = digits === undefined ? { maximumFractionDigits: 0 } : { maximumFractionDigits: Number(digits) };
    if (sign) options.signDisplay = "exceptZero";
    const text = new Intl.NumberFormat(language === "zh" ? "zh-CN" : "en", options).format(scaled);
    const about = cell.closest("[data-about]")?.dataset.about ?? "";
    return isExact ? text : about + text;
  }

  function part(cell, name, text) {
    const place = cell.querySelector(`[data-part="${name}"]`);
    if (place && place.textContent !== text) place.textContent = text;
  }

  function figure(cell, found, language) {
    const { before = null, after = null, is_exact: isExact = true } = found || {};
    const difference = before === null || after === null ? null : after - before;
    cell.dataset.sign = difference === null ? "none" : String(Math.sign(difference));
    part(cell, "before", written(before, cell, { language, isExact }));
    part(cell, "after", written(after, cell, { language, isExact }));
    part(cell, "difference", written(difference, cell, { language, isExact, sign: true }));
  }

  /* The children of a list by key, made of its template where they are new, in the order given. */
  function children(list, attribute, keys) {
    const template = list.querySelector("[data-template]");
    if (!template) return new Map();
    const parent = template.parentElement;
    const there = new Map([...parent.querySelectorAll(`[${attribute}]`)].map((row) => [row.getAttribute(attribute), row]));
    const found = new Map();
    for (const key of keys.map(String)) {
      let row = there.get(key);
      if (!row) {
        row = template.cloneNode(true);
        row.removeAttribute("data-template");
        row.removeAttribute("id");
        row.hidden = false;
        row.setAttribute(attribute, key);
      }
      there.delete(key);
      found.set(key, row);
      parent.append(row);
    }
    for (const row of there.values()) row.remove();
    return found;
  }

  function paintNumbers({ rows = [] }) {
    const table = document.getElementById("edit-numbers");
    if (!table) return;
    const language = root.lang.startsWith("zh") ? "zh" : "en";
    const held = children(table, "data-unit", rows.map(({ unit }) => unit));
    for (const { unit, names, code, side, values, compactness, deviation, pieces } of rows) {
      const row = held.get(String(unit));
      if (!row) continue;
      row.dataset.side = side;
      part(row, "name", names[language] || code);
      const more = { compactness, deviation, pieces: { before: null, after: pieces ?? null } };
      for (const cell of row.querySelectorAll("[data-key]")) {
        const { key } = cell.dataset;
        const found = values[key] || more[key];
        // What may not be told is no cell at all.
        cell.hidden = !found;
        figure(cell, found, language);
      }
    }
    table.dataset.rows = String(rows.length);
  }

  function paintRemarks(remarks) {
    const list = document.getElementById("edit-remarks");
    if (!list) return;
    const held = children(list, "data-remark", remarks.map(({ key }) => key));
    for (const remark of remarks) {
      const item = held.get(remark.key);
      if (!item) continue;
      item.dataset.hard = String(remark.is_hard);
      part(item, "sentence", remark.sentence);
      for (const button of item.querySelectorAll("[data-does]")) {
        const [does] = button.dataset.does.split(" ");
        button.dataset.does = `${does} ${remark.key}`;
        button.hidden = does === "edit-remedy" ? !remark.has_remedy : !remark.place;
      }
    }
    list.dataset.remarks = String(remarks.length);
    list.dataset.hard = String(remarks.filter(({ is_hard: isHard }) => isHard).length);
  }

  // How the buttons stand follows the steps.
  function paintSteps({ done, steps, editable, isLost }) {
    root.dataset.editLine = isLost ? "lost" : "there";
    for (const button of document.querySelectorAll("[data-does='edit-undo']")) button.disabled = !editable || done === 0;
    for (const button of document.querySelectorAll("[data-does='edit-redo']")) button.disabled = !editable || done >= steps;
  }

  window.addEventListener("citygrid:edit", ({ detail }) => {
    if (edit && detail.url !== edit.url) return;
    if (detail.numbers) paintNumbers(detail.numbers);
    if (detail.remarks) paintRemarks(detail.remarks);
    paintSteps(detail.state);
    // Of a draft that others overtook nothing is worked out.
    if (detail.kind === "ground") root.toggleAttribute("data-edit-stale", Boolean(detail.stale));
  });

  /* A panel drawn after the answer came is filled with it. */
  function repaint() {
    const here = session();
    if (!here || !here.isLoaded) return;
    if (here.state.numbers) paintNumbers(here.state.numbers);
    paintRemarks(here.state.remarks);
    paintSteps(here.state);
  }

  // --- buttons and keys ------------------------------------------------------------------------
  const DOES = {
    "edit-undo": () => api.undo(),
    "edit-redo": () => api.redo(),
    "edit-cancel": () => api.act("cancel"),
    "edit-finish": () => api.act("finish"),
    "edit-remove": () => api.act("remove"),
    "edit-reload": () => api.reload(),
    "edit-remedy": (key) => api.remedy(key),
    "edit-zoom": (key) => {
      const place = session()?.state.remarks.find((remark) => remark.key === key)?.place;
      if (place) zoom(around(place));
    },
    // "edit-tool draw_line split": a tool and what it is for.
    "edit-tool": (tool, purpose = "", shape = "polygon") => set({ tool, purpose, shape }),
  };

  let fits = 0;
  function around([x, y]) {
    const half = 0.0008;
    return [x - half, y - half, x + half, y + half];
  }

  function zoom(bounds) {
    window.dash_clientside.set_props("map", { fit: { bounds, n: ++fits } });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-does]");
    if (!button) return;
    const [does, ...what] = button.dataset.does.split(" ");
    DOES[does]?.(...what);
  });

  document.addEventListener("keydown", (event) => {
    if (!edit || event.defaultPrevented || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable=true], dialog")) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) api.redo();
    else api.undo();
  });

  const api = {
    do: (operation) => session()?.do(operation) ?? none(),
    balance: (asked) => session()?.balance(asked) ?? none(),
    try: (operation) => session()?.try(operation),
    rest: () => session()?.rest(),
    undo: () => session()?.undo() ?? none(),
    redo: () => session()?.redo() ?? none(),
    remedy: (key) => session()?.remedy(key) ?? none(),
    reload: () => session()?.load() ?? none(),
    act: (what) => window.citygrid_map.edit.act(what),
    set, next, spec, repaint, zoom,
    get state() { return session()?.state ?? null; },
    get now() { return edit; },
    get units() { return session()?.units ?? new Map(); },
  };
  window.citygrid = Object.assign(window.citygrid || {}, { edit: api });
})();
