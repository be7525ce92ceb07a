/* What only the browser can do: the address, the keys, folding, and telling the server what
   happened. Texts and colours are not here: they come from the catalogue and the stylesheet. */
(function () {
  "use strict";

  const root = document.documentElement;
  const remembered = {
    get(key) { try { return localStorage.getItem("citygrid." + key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem("citygrid." + key, value); } catch { /* private */ } },
  };
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  // --- the server ------------------------------------------------------------------------------
  // A panel whose request is lost would say nothing: the page notes that the server is gone, and
  // the stylesheet shows the notice.
  const ask = window.fetch;
  // Of how many questions the answer has not come yet.
  let asking = 0;
  // What the page is opened with was asked for before it was known by whom: see opening.js.
  const early = window.citygrid_asked ?? {};
  function taken(address) {
    const name = address.slice(address.lastIndexOf("/") + 1);
    const answer = early[name];
    delete early[name];
    return answer;
  }

  // A page that could not be laid has no place to say so: what the server says is shown instead.
  function instead(said) {
    document.open();
    document.write(said);
    document.close();
  }

  window.fetch = async (...asked) => {
    const address = String(asked[0]?.url ?? asked[0]);
    const ours = address.includes("_dash-update-component");
    const note = (isThere) => {
      if (!ours) return;
      if (isThere) delete root.dataset.serverError;
      else root.dataset.serverError = "gone";
    };
    if (ours) asking += 1;
    try {
      const first = taken(address);
      const answer = await (first ?? ask(...asked));
      note(answer.status < 500);
      // Who is no longer signed in is asked to, and comes back to the same view.
      if (answer.status === 401) window.citygrid.over();
      else if (first && !answer.ok) instead(await answer.text());
      else return answer;
      // The page is left: nobody is told of what it asked last.
      return await new Promise(() => {});
    } catch (error) {
      if (error.name !== "AbortError") note(false);
      throw error;
    } finally {
      if (ours) asking -= 1;
    }
  };

  // --- events ---------------------------------------------------------------------------------
  // Each request carries every event the view has not answered yet, so that a click is not lost
  // when it is made while another is on its way.
  let number = 0;
  let waiting = [];
  let view = null;
  // Light or dark, as it was last drawn.
  let shownIn = null;
  // News may come before Dash has drawn the page that is to hear of it.
  let isDrawn = false;

  function tell(what, value) {
    if (what === "news") {
      hear(value);
      return;
    }
    waiting.push({ n: ++number, what, value });
    if (isDrawn) window.dash_clientside.set_props("event", { data: waiting.slice() });
  }

  // News leads nowhere that only the server knows: the page counts it by itself, and panels that show
  // something of it ask. A view that is on its way has not counted it: then it is counted after that
  // came, or failed to.
  const UNANSWERED_MS = 3000;
  let unheard = new Set();
  let hearing = null;

  function hear(topics) {
    for (const topic of topics) unheard.add(topic);
    if (!view || waiting.length) hearing ??= setTimeout(count, UNANSWERED_MS);
    else count();
  }

  function count() {
    clearTimeout(hearing);
    hearing = null;
    if (!view || !unheard.size) return;
    const fields = new Set([...unheard].flatMap((topic) => view.hears[topic] ?? []));
    unheard = new Set();
    const counted = Object.fromEntries([...fields].map((field) => [field, view[field] + 1]));
    window.dash_clientside.set_props("view", { data: { ...view, ...counted } });
  }

  // --- the view and the parts of it that panels read -------------------------------------------
  // What each part was last, as text.
  const parts = new Map();

  const cut = (now, fields) => Object.fromEntries(fields.map((field) => [field, now[field]]));

  function isNew(key, part) {
    const text = JSON.stringify(part);
    if (parts.get(key) === text) return false;
    parts.set(key, text);
    return true;
  }

  /* The parts that changed: each of some fields, some of them in one mode only, some without the news
     while what they open is closed. What is read of the first view is on the page already. */
  function parted(now, wanted, mirrors) {
    return onceLaid(() => cutUp(now, wanted, mirrors));
  }

  function cutUp(now, wanted, mirrors) {
    const { no_update: same, PreventUpdate } = window.dash_clientside;
    const isFirst = !parts.size;
    for (const mirror of mirrors) mirrored(now, mirror);
    const found = wanted.map(([key, fields, mode, opening]) => {
      if (mode && now.mode !== mode) return same;
      const isHeard = (field) => !opening || now[opening] || !field.endsWith("_news");
      const part = cut(now, fields.filter(isHeard));
      return isNew(key, part) && !isFirst ? part : same;
    });
    // Dash draws anew what it is told nothing new of.
    if (found.every((part) => part === same)) throw PreventUpdate;
    return found;
  }

  /* What a control shows of the view, without a callback. */
  function mirrored(now, [[id, property, fields], said]) {
    const part = cut(now, fields);
    if (!isNew(`${JSON.stringify(id)}.${property}`, part)) return;
    const value = said(part);
    if (value === window.dash_clientside.no_update) return;
    const has = window.dash_component_api.getLayout(id)?.props[property];
    if (JSON.stringify(has) !== JSON.stringify(value)) window.dash_clientside.set_props(id, { [property]: value });
  }

  const PLACE = ["mode", "order", "unit", "pick", "building", "level", "zoning", "measure", "part", "per", "start", "end",
    "indicator", "kinds", "minutes", "metres", "going", "band", "states", "operator", "drawn", "tried", "closed", "resized", "moved", "paths", "roads", "grown", "proposal", "facility", "case", "cases", "form", "bounds", "pattern", "divided", "reach", "least", "pin", "scenario", "against", "aim", "sites", "sheet", "listed", "streets"];

  // What is done with the page as it was laid, once its view is known.
  let owed = [];
  let isCompleted = false;

  /* Panels that the browser completes, each once it was drawn anew; at first all of them. */
  function followed(acts) {
    const { callback_context: { triggered }, PreventUpdate } = window.dash_clientside;
    const names = triggered.map(({ prop_id: source }) => source.slice(0, source.lastIndexOf(".")));
    // Dash lets go of a first call that another overtakes: the first one that comes stands for it.
    const now = Object.entries(acts).filter(([name]) => !isCompleted || names.includes(name)).map(([, act]) => act);
    isCompleted = true;
    return onceLaid(() => {
      if (view) for (const act of now) act();
      else owed.push(...now);
      throw PreventUpdate;
    });
  }

  /* What Dash tells of before the page it tells of is in the document waits for that, and what it
     tells of then for what was told before. */
  let isLaid = false;
  let laying = null;
  function onceLaid(act) {
    isLaid ||= !laying && hasPage();
    if (isLaid) return act();
    laying ??= untilThere().then(() => { isLaid = true; });
    return laying.then(act);
  }

  const hasPage = () => document.getElementById("page") !== null;
  async function untilThere() {
    while (!hasPage()) await new Promise((done) => setTimeout(done, 20));
  }

  function shown(now) {
    return onceLaid(() => follow(now));
  }

  function follow(now) {
    const before = view;
    view = now;
    waiting = waiting.filter((event) => event.n > now.seen);
    const scheme = now.theme === "system" ? now.system : now.theme;
    root.lang = now.language === "zh" ? "zh-CN" : "en";
    root.dataset.mantineColorScheme = scheme;
    modeIs(now);
    caseIs(now, before);
    remembered.set("language", now.language);
    remembered.set("theme", now.theme);
    if (now.address !== location.search) {
      const moved = before && PLACE.some((field) => before[field] !== now[field]);
      history[moved ? "pushState" : "replaceState"](null, "", now.address);
    }
    if (!before) drawn();
    if (unheard.size && !waiting.length) setTimeout(count);
    // It was laid in what is shown first; told of that again, Dash would draw the whole page anew.
    const isNewlyLit = before && scheme !== shownIn;
    shownIn = scheme;
    if (!isNewlyLit) throw window.dash_clientside.PreventUpdate;
    return scheme;
  }

  function drawn() {
    isDrawn = true;
    for (const act of owed) act();
    owed = [];
    if (waiting.length) window.dash_clientside.set_props("event", { data: waiting.slice() });
  }

  // The stylesheet shows the panels of the mode; the map is told when their height changed.
  function modeIs({ mode, order }) {
    const key = `${mode} ${order === null ? "list" : "order"}`;
    if (root.dataset.mode === key) return;
    root.dataset.mode = key;
    // With a phone in one hand: the field to report in comes first.
    if (mode === "incidents") slid("left", true);
    window.dispatchEvent(new Event("resize"));
  }

  // What was touched in a list opens in the other panel, which is out of sight where there is no room.
  function caseIs({ mode, case: opened }, before) {
    if (mode !== "incidents" || opened === (before?.case ?? null)) return;
    slid("right", opened !== null);
    if (opened === null) slid("left", true);
  }

  window.addEventListener("popstate", () => tell("address", {
    search: location.search,
    language: remembered.get("language"),
    theme: remembered.get("theme"),
    system: dark.matches ? "dark" : "light",
  }));
  dark.addEventListener("change", () => tell("system", dark.matches ? "dark" : "light"));

  // --- controls -------------------------------------------------------------------------------
  // A control drawn anew reports the value it was drawn with; only a value that differs from the
  // view's is something a person did.
  const SETS = {
    measure: "measure", part: "part", per: "per", level: "level", zoning: "zoning",
    "profile-kind": "profile", step: "step",
    "pattern-class": "part", "cases-class": "part", kinds: "kinds", minutes: "minutes", metres: "metres", operator: "operator",
  };

  function heard() {
    for (const { prop_id: source, value } of window.dash_clientside.callback_context.triggered) {
      if (value === null || value === undefined) continue;
      const cut = source.lastIndexOf(".");
      const name = source.slice(0, cut);
      const property = source.slice(cut + 1);
      if (name.startsWith("{")) many(JSON.parse(name), value);
      else if (name in SETS) {
        const field = SETS[name];
        if (view && String(view[field] ?? "") !== String(value)) tell("set", [field, value]);
      } else if (name === "search") {
        tell("go", value);
        window.dash_clientside.set_props("search", { value: null, searchValue: "" });
        // Left, as it has led somewhere: the next key is the map's.
        focused = null;
        document.activeElement?.blur();
      } else if (name === "map") {
        if (property === "error") root.dataset.mapError = value.kind;
        else if (property === "painted") { if (root.dataset.mapError === "values") delete root.dataset.mapError; }
        else if (property === "sited") {
          if (!window.citygrid.righting.moved(value)) tell("site", { at: value.at, from: value.from, drop: value.drop });
        }
        else if (property === "keyboardSelect") keyed(value);
        else pointed(value);
      } else if (name === "table") {
        tell(property === "cellDoubleClicked" ? "down" : "pick", value.rowId);
      } else if (name === "trend-chart" || name === "case-times-chart") chosen(value);
    }
    throw window.dash_clientside.PreventUpdate;
  }

  // Of keys pressed at once only the last is heard: it says how often Backspace was among them.
  let ups = 0;
  function keyed(key) {
    // Of a map that was drawn anew.
    if (key.ups < ups) ups = 0;
    for (; ups < key.ups; ups += 1) tell("up", null);
    if (key.clear) tell("clear", null);
    else if (key.layer) pointed(key);
  }

  function pointed({ layer, id, double, properties, lngLat }) {
    // What lies too close together for any zoom is looked into by unit.
    if (layer === "case-clusters" && properties.cluster) closer(lngLat);
    else tell("map", { layer, id, double });
  }

  // A cluster is looked into: four times as close.
  let looks = 0;
  function closer([x, y]) {
    const [[west], [east]] = window.__citygrid_maps.map.getBounds().toArray();
    const half = (east - west) / 8;
    window.dash_clientside.set_props("map", { fit: { bounds: [x - half, y - half, x + half, y + half], n: 3e6 + ++looks } });
  }

  function many(id, value) {
    const opacity = view ? view.layers[id.key] : 0;
    if (id.type === "layer-on" && value !== opacity > 0) tell("layer-on", [id.key, value]);
    if (id.type === "layer-opacity" && value !== Math.abs(opacity)) tell("layer-opacity", [id.key, value]);
  }

  function chosen(selection) {
    const range = selection && selection.range && (selection.range.x || selection.range.x2);
    if (range) tell("period", [String(range[0]).slice(0, 10), String(range[1]).slice(0, 10)]);
  }

  // --- buttons --------------------------------------------------------------------------------
  // What a button does is its id: {"key":"unit:12","type":"go"}.
  document.addEventListener("click", (event) => {
    const { id } = event.target.closest("button[id], a[id]") ?? {};
    if (!id || !view) return;
    if (id.startsWith("{")) {
      const { type, key } = JSON.parse(id);
      tell(type, key);
    } else if (id === "language") tell("set", ["language", view.language === "zh" ? "en" : "zh"]);
    else if (id === "light") {
      const scheme = view.theme === "system" ? view.system : view.theme;
      tell("set", ["theme", scheme === "dark" ? "light" : "dark"]);
    }
  });

  // --- keys -----------------------------------------------------------------------------------
  const MENUS = "details:is(.cg-visitor-menu, .cg-case-more)[open]";

  function isTyping(target) {
    return target.closest("input, textarea, select, [contenteditable=true]") !== null;
  }

  document.addEventListener("keydown", (event) => {
    // What is typed while a dialog is open means nothing outside of it, wherever the focus went as it
    // was drawn anew; the browser closes it on Escape.
    if (event.target.closest?.("dialog") || document.querySelector("dialog:modal")) return;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      const menu = document.querySelector(MENUS);
      if (menu) {
        menu.open = false;
        menu.firstElementChild.focus();
        // Nothing under it closes as well.
        event.preventDefault();
        return;
      }
      if (isTyping(event.target)) {
        // Left on purpose: it does not come back when the panel is drawn anew.
        focused = null;
        event.target.blur();
      }
      // One that is folded away is still in the page.
      else if (![...document.querySelectorAll("[role=dialog]")].some((one) => one.getClientRects().length)) tell("clear", null);
      return;
    }
    if (isTyping(event.target)) return;
    if (event.key === "/") {
      document.getElementById("search")?.focus();
      event.preventDefault();
    } else if (event.key === "?") {
      window.dash_clientside.set_props("shortcuts", { opened: true });
      event.preventDefault();
    } else if (event.key === "Backspace") {
      tell("up", null);
      event.preventDefault();
    }
  });

  // --- panels that fold, and become drawers on narrow screens ----------------------------------
  const isNarrow = (side) => window.innerWidth < (side === "right" ? 1100 : 700);

  function fold(side) {
    if (isNarrow(side)) {
      slid(side, root.dataset[side + "Open"] !== "true");
      return;
    }
    const now = root.dataset[side + "Folded"] !== "true";
    root.dataset[side + "Folded"] = String(now);
    remembered.set(side + "Folded", String(now));
    window.dispatchEvent(new Event("resize"));
  }

  function slid(side, isOpen) {
    if (!isNarrow(side)) return;
    root.dataset[side + "Open"] = String(isOpen);
    // Sheets lie over each other, so there is one at a time.
    if (window.innerWidth < 700) delete root.dataset[(side === "left" ? "right" : "left") + "Open"];
    window.dispatchEvent(new Event("resize"));
  }
  for (const side of ["left", "right"]) root.dataset[side + "Folded"] = remembered.get(side + "Folded") || "false";

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-does]");
    if (!button) return;
    const [does, what] = button.dataset.does.split(" ");
    if (does === "fold") fold(what);
    else if (does === "fullscreen") {
      if (document.fullscreenElement) document.exitFullscreen();
      else root.requestFullscreen?.();
    } else if (does === "retry") location.reload();
    else if (does === "close-toast") window.dash_clientside.set_props("toast", { children: null });
    else if (does === "shortcuts") window.dash_clientside.set_props("shortcuts", { opened: true });
  });

  // A menu closes when something else is chosen.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(MENUS)) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  // A panel drawn anew takes its focused button with it; give the focus to the one that replaced it.
  let focused = null;
  document.addEventListener("focusin", (event) => { focused = event.target.id || null; });
  new MutationObserver(() => {
    if (focused && (!document.activeElement || document.activeElement === document.body)) {
      const again = document.getElementById(focused);
      again?.focus({ preventScroll: true });
      // What is typed next takes the place of what nobody typed, as in a field one comes to.
      if (again?.matches("input, textarea") && again.value === again.defaultValue) again.select();
      // Where it stood the panel may have begun anew at its top; what is in sight stays where it is.
      again?.scrollIntoView({ block: "nearest" });
    }
  }).observe(document, { childList: true, subtree: true });
  document.addEventListener("pointerdown", () => { focused = null; }, true);

  window.citygrid = { parted, shown, heard, followed, tell };
  Object.defineProperty(window.citygrid, "view", { get: () => view });
  Object.defineProperty(window.citygrid, "asking", { get: () => asking });

  // --- the table ------------------------------------------------------------------------------
  const functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  functions.tableKey = (params) => {
    if (params.event.key === "Enter" && params.node) {
      tell("down", params.node.id);
      params.event.preventDefault();
    }
  };

  const components = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  components.BarCell = (props) => {
    const make = window.React.createElement;
    const share = props.data.share;
    return make("div", { className: "cg-bar-cell" },
      make("span", { className: "cg-bar", style: { width: (share === null ? 0 : Math.max(share * 100, share > 0 ? 1 : 0)) + "%" } }),
      make("span", { className: "cg-bar-number" }, props.data.shown));
  };
})();
