/* Reporting an incident: one field finds the place, the map shows it; whose it is and what is known
   already comes by itself. What is typed stays here until it is sent; the server checks it all. */
(function () {
  "use strict";

  const { h, icon, sayer, request, toast, language, files } = window.citygrid;
  // While somebody types, every letter would be a question.
  const TYPING_MS = 120;
  const blank = () => ({
    text: "", found: [], place: null, kind: "", condition: "", title: "", severity: "ordinary",
    source: "hotline", name: "", phone: "", note: "", parent: "", key: crypto.randomUUID(), files: [], pin: "",
  });

  let form = blank();
  // The report that was given up last, until the next one is sent.
  let dropped = null;
  let pin = null;
  // Where one stands, once it was asked for.
  let stood = null;
  let asked = 0;
  let timer = null;
  let say = (key) => key;
  let told = { classes: [], severities: [], sources: [], limits: {} };
  let parts = null;
  // What is near the pin; open or not, it stays while the form is drawn anew.
  let around = null;
  // Begun elsewhere on the page: the form takes the focus once it is there.
  let isBegun = false;

  const frame = () => document.querySelector("[data-part=intake]");
  const here = () => pin && pin.split(",").map(Number);

  // --- where ------------------------------------------------------------------------------------
  function typed(text) {
    form.text = text;
    clearTimeout(timer);
    timer = setTimeout(find, TYPING_MS);
  }

  /* Of places that fit alike the nearer is meant: near where one stands, else where one looks. */
  function nearby() {
    const looked = window.dash_component_api.getLayout("map")?.props.viewport?.centre;
    return (stood ?? looked ?? []).map((degrees) => degrees.toFixed(6)).join(",");
  }

  async function find() {
    const turn = ++asked;
    const text = form.text.trim();
    if (!text) {
      form.found = [];
      return candidates();
    }
    try {
      const found = await request("locate", { q: text, near: nearby() });
      if (turn !== asked) return;
      form.found = found;
    } catch (error) {
      form.found = [];
      toast(error.message);
    }
    candidates();
  }

  const titleOf = (found) => found.titles[language()] || Object.values(found.titles)[0];

  /* Put the pin where a place was found; wherever else it comes to stand, somebody moved it. */
  function put(at, place) {
    form.place = { ...place, pin: at.map((degrees) => degrees.toFixed(6)).join(",") };
    window.citygrid.tell("site", { at });
  }

  function choose(found, { isByKey = false } = {}) {
    // The hands stay on the keys: what it is comes next.
    isBegun = isByKey;
    put([found.lon, found.lat], {
      by: found.how, as: found.read_as, score: found.score, within: found.within_m, isDoubtful: found.is_doubtful, title: titleOf(found),
    });
    form.text = titleOf(found);
    form.found = [];
    parts.where.value = form.text;
    candidates();
    const around = 0.0015;
    window.dash_clientside.set_props("map", {
      fit: { bounds: [found.lon - around, found.lat - around, found.lon + around, found.lat + around], n: 2e6 + asked },
    });
  }

  /* How surely a place is known: how well it fits, within how many metres, whether others fit, too. */
  function surely({ score, within, isDoubtful }) {
    const said = [score < 1 ? say("intake.fits", { share: `${Math.round(score * 100)}%` }) : "",
      within >= 1 ? say("intake.within", { metres: Math.ceil(within) }) : "", isDoubtful ? say("intake.doubtful") : ""].filter(Boolean);
    return said.length ? said : [say("intake.exact")];
  }

  function candidates() {
    if (!parts) return;
    const rows = form.found.map((found, i) => h("li", {}, h("button", {
      type: "button", class: "cg-row cg-row-two", id: `intake-found-${i}`, onclick: ({ detail }) => choose(found, { isByKey: detail === 0 }),
    }, h("span", { class: "cg-row-name" }, titleOf(found),
      h("small", {}, [say(`how.${found.how}`), found.read_as ? say(`read_as.${found.read_as}`) : "",
        found.unit_id === null ? say("intake.outside") : "",
        ...surely({ score: 1, within: found.within_m, isDoubtful: found.is_doubtful })].filter(Boolean).join(" · "))),
    h("span", { class: "cg-row-value" }, `${Math.round(found.score * 100)}%`))));
    parts.found.replaceChildren(...(rows.length ? [h("ol", {}, rows)]
      : form.text.trim() && !form.place ? [h("p", { class: "cg-quiet" }, say("intake.none"))] : []));
  }

  function own() {
    if (!navigator.geolocation) return toast(say("intake.no_position"));
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      stood = [coords.longitude, coords.latitude];
      put([coords.longitude, coords.latitude], { by: "own", score: 1, within: coords.accuracy, title: "" });
    }, () => toast(say("intake.no_position")), { enableHighAccuracy: true, timeout: 10000 });
  }

  // --- whose, and known? ------------------------------------------------------------------------
  function chosen() {
    const [scheme, small] = form.kind.split("/");
    return small ? { scheme, small, ...(form.condition ? { condition: form.condition } : {}) } : {};
  }

  let turn = 0;
  async function look() {
    const mine = ++turn;
    const at = here();
    if (!at || !parts?.whose) return;
    const kind = chosen();
    const { scheme, small } = kind;
    const place = { lon: at[0], lat: at[1] };
    try {
      const facts = { title: form.title.slice(0, 200), address: (form.place?.title ?? "").slice(0, 300), severity: form.severity, source: form.source };
      const whose = await request("incidents/whose", { ...place, ...kind, ...facts });
      if (mine === turn) owners(whose);
      const known = await request("incidents/duplicates", { ...place, ...(small ? { scheme, small } : {}), text: form.title.slice(0, 200) });
      if (mine === turn) duplicates(known);
    } catch (error) {
      if (mine === turn) parts.whose.replaceChildren(h("p", { class: "cg-quiet", role: "alert" }, error.message));
    }
  }

  function owners(whose) {
    const lines = [];
    if (!whose.unit) lines.push(h("p", { class: "cg-status cg-status-overdue" }, say("intake.outside_why")));
    else {
      lines.push(h("p", {}, h("strong", {}, whose.unit.path.join(" › "))));
      const person = (one) => h("p", { class: "cg-intake-person" }, `${one.post} ${one.name}`,
        one.phone ? h("a", { href: `tel:${one.phone}`, class: "cg-link" }, one.phone) : null);
      lines.push(...whose.people.map(person));
      if (!whose.people.length) lines.push(h("p", { class: "cg-quiet" }, say("intake.nobody")));
      lines.push(h("p", {}, h("span", { class: "cg-quiet" }, say("intake.body")), " ",
        whose.body ? whose.body.name : say("intake.territory"), whose.limit ? h("span", { class: "cg-quiet" }, ` · ${whose.limit}`) : null));
      for (const one of whose.zonings) lines.push(h("p", { class: "cg-quiet" }, `${one.zoning}: ${one.name}`), ...one.people.map(person));
    }
    parts.whose.replaceChildren(...lines);
  }

  function duplicates(known) {
    const rows = known.map((one) => h("li", {}, h("button", {
      type: "button", class: "cg-order", onclick: () => window.citygrid.tell("case", one.id),
    }, h("span", { class: "cg-order-title" }, one.title || one.class),
    h("small", { class: "cg-quiet" }, one.reasons.join(" · "))),
    one.offer ? h("button", {
      type: "button", class: "cg-button", onclick: (event) => same(one, event.currentTarget),
    }, say(one.offer === "add" ? "intake.same" : "intake.same_reopen")) : null));
    parts.known.replaceChildren(...(rows.length
      ? [h("h3", { class: "cg-subtitle" }, say("intake.known")), h("ul", {}, rows), h("p", { class: "cg-quiet" }, say("intake.known_why"))] : []));
  }

  /* Who reports, if somebody is named. */
  function reporter() {
    const [name, phone] = [form.name.trim(), form.phone.trim()];
    return name || phone ? { name, phone, is_subscribed: Boolean(phone) } : null;
  }

  /* It is known: who reports it is added to the incident that is there, with what was typed. */
  async function same(one, button) {
    button.disabled = true;
    parts.fault.textContent = "";
    const who = reporter();
    const said = [form.title, form.note].map((words) => words.trim()).filter(Boolean);
    const { progress } = parts;
    progress.hidden = !form.files.length;
    try {
      const there = await files.send(`incidents/${encodeURIComponent(one.key)}/reports`, JSON.stringify({
        key: form.key, reporter: who, text: said.join("\n"), files: await files.packed(form.files),
        reopens: one.offer === "reopen" ? said[0] || say("intake.same_reason") : "",
      }), "application/json", {}, (share) => { progress.value = share; });
      anew();
      toast(say(who ? "intake.same_saved" : "intake.same_followed", { key: there.key }));
      window.citygrid.tell("case", there.id);
    } catch (error) {
      parts.fault.textContent = error.message || say("intake.not_sent");
      button.disabled = false;
    } finally {
      progress.hidden = true;
    }
  }

  // --- the form ---------------------------------------------------------------------------------
  function field(name, control) {
    return h("label", { class: "cg-field" }, h("span", {}, say(`intake.${name}`)), control);
  }

  function select(name, options, onChange) {
    const control = h("select", {
      class: "cg-input", id: `intake-${name}`,
      onchange: (event) => { form[name] = event.target.value; onChange?.(); },
    }, options.map(([value, text]) => (Array.isArray(text)
      ? h("optgroup", { label: value }, text.map(([v, t]) => h("option", { value: v, selected: v === form[name] }, t)))
      : h("option", { value, selected: value === form[name] }, text))));
    return field(name, control);
  }

  function input(name, attributes = {}) {
    return field(name === "title" ? "what" : name, h("input", {
      class: "cg-input", id: `intake-${name}`, value: form[name], autocomplete: "off",
      oninput: (event) => { form[name] = event.target.value; if (name === "title") { clearTimeout(timer); timer = setTimeout(look, 300); } },
      ...attributes,
    }));
  }

  function grouped() {
    const groups = new Map();
    for (const { scheme, small, name, group } of told.classes) {
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push([`${scheme}/${small}`, name]);
    }
    return [["", say("intake.choose")], ...groups];
  }

  function conditions() {
    const kind = told.classes.find(({ scheme, small }) => `${scheme}/${small}` === form.kind);
    return (kind?.conditions ?? []).map(({ number, name, limit }) => [String(number), `${name} (${limit})`]);
  }

  // --- photos, which go with it -------------------------------------------------------------------
  let taking = null;
  function photos(fault) {
    taking = files.row(form.files, say, told.limits, photos);
    if (fault) taking.fault.textContent = fault;
    parts.photos.replaceChildren(taking.element);
  }

  function draw() {
    const place = frame();
    if (!place) { parts = null; return; }
    const at = here();
    parts = {
      where: h("input", {
        class: "cg-input", id: "intake-where", type: "search", autocomplete: "off", value: form.text, placeholder: say("intake.where_hint"), title: say("intake.where_hint"),
        "aria-label": say("intake.where"), oninput: (event) => { form.place = null; typed(event.target.value); },
        onkeydown: (event) => {
          if (event.key === "Enter" && form.found.length) { event.preventDefault(); choose(form.found[0], { isByKey: true }); }
          if (event.key === "ArrowDown") { event.preventDefault(); document.getElementById("intake-found-0")?.focus(); }
        },
      }),
      found: h("div", { class: "cg-intake-found", role: "region", "aria-live": "polite" }),
    };
    const picking = Boolean(window.citygrid.view?.trying);
    const head = [
      h("h2", { class: "cg-title" }, say("intake.title")),
      h("div", { class: "cg-intake-where" }, parts.where,
        h("button", { type: "button", class: "cg-icon-button", title: say("intake.own"), "aria-label": say("intake.own"), onclick: own }, icon("position")),
        h("button", {
          type: "button", class: "cg-icon-button", title: say("intake.pick"), "aria-label": say("intake.pick"), "aria-pressed": String(picking),
          onclick: () => window.citygrid.tell("ask", "trying:"),
        }, icon("pin"))),
      picking ? h("p", { class: "cg-quiet" }, say("intake.picking")) : null, parts.found];
    if (!at) {
      place.replaceChildren(...head.filter(Boolean), ...unsent());
      return candidates();
    }
    parts.whose = h("div", { class: "cg-intake-whose", "aria-live": "polite" });
    parts.photos = h("div", {});
    photos("");
    parts.progress = h("progress", { max: 1, value: 0, hidden: true, "aria-label": say("files.sending") });
    parts.known = h("div", { class: "cg-intake-known", "aria-live": "polite" });
    parts.fault = h("p", { class: "cg-reveal-refused", role: "alert" });
    const how = conditions();
    around ??= window.citygrid.near.section(say, () => ({ at: here(), kind: chosen() }));
    const split = form.parent ? h("p", { class: "cg-intake-split" }, say("intake.part_of", { key: form.parent }), h("button", {
      type: "button", class: "cg-icon-button", title: say("intake.not_part"), "aria-label": say("intake.not_part"),
      onclick: () => { form.parent = ""; draw(); look(); parts.where.focus(); },
    }, icon("close"))) : null;
    const by = form.place ?? { by: "pin", score: 1 };
    const placed = h("p", { class: by.isDoubtful ? "cg-status cg-status-soon" : "cg-quiet", "data-part": "intake-placed" },
      [say("intake.placed", { how: say(`how.${by.by}`) }), by.as ? say(`read_as.${by.as}`) : "", ...surely(by)].filter(Boolean).join(" · "));
    place.replaceChildren(...[...head, placed, split].filter(Boolean), parts.whose, around,
      h("form", { class: "cg-intake-form", onsubmit: send },
        select("kind", grouped(), () => { form.condition = ""; draw(); look(); }),
        how.length > 1 ? select("condition", how, look) : null,
        input("title", { placeholder: say("intake.title_hint"), maxlength: "200" }),
        parts.known, parts.photos,
        h("details", { class: "cg-question-more" }, h("summary", { class: "cg-quiet" }, icon("down"), say("intake.more")),
          h("div", { class: "cg-question-own" },
            h("div", { class: "cg-field-row" }, select("severity", told.severities, look), select("source", told.sources, look)),
            input("note", { maxlength: "300" }),
            h("div", { class: "cg-field-row" }, input("name", { maxlength: "60" }), input("phone", { maxlength: "40", type: "tel" })))),
        parts.fault, parts.progress,
        h("div", { class: "cg-dialog-foot" },
          h("button", { type: "button", class: "cg-button cg-button-plain", onclick: drop }, say("intake.cancel")),
          h("button", { type: "submit", class: "cg-button cg-button-main" }, say("intake.save")))));
    candidates();
  }

  function anew() {
    for (const one of [form, dropped]) if (one) files.forget(one.files);
    form = blank();
    dropped = null;
  }

  // --- what was written and not sent -------------------------------------------------------------
  /* Begin anew; what was written is at hand until the next report is sent. */
  function aside() {
    const last = form;
    form = blank();
    if (!isWritten(last)) return;
    anew();
    dropped = last;
  }

  const isWritten = (one) => Boolean(one.kind || one.files.length || [one.title, one.note, one.name, one.phone].some((words) => words.trim()));

  /* The line that leads back to it, where there is something. */
  function unsent() {
    const one = isWritten(form) ? form : dropped;
    if (!one?.pin) return [];
    const kind = told.classes.find(({ scheme, small }) => `${scheme}/${small}` === one.kind);
    return [h("p", { class: "cg-intake-split", "data-part": "intake-unsent" }, say("intake.unsent", { title: one.title.trim() || kind?.name || one.text }),
      h("button", { type: "button", class: "cg-button cg-button-small", onclick: () => goOn(one) }, say("intake.go_on")),
      h("button", {
        type: "button", class: "cg-icon-button", title: say("intake.forget"), "aria-label": say("intake.forget"), onclick: () => { anew(); draw(); },
      }, icon("close")))];
  }

  function goOn(one) {
    if (one === dropped) {
      files.forget(form.files);
      [form, dropped] = [dropped, null];
    }
    isBegun = true;
    window.citygrid.tell("site", { at: one.pin.split(",").map(Number) });
  }

  /* A part of a case becomes one of its own: where that one is, until the pin is moved. */
  function begin({ parent, at, address }) {
    aside();
    form.parent = parent;
    form.text = address;
    put(at, { by: "pin", score: 1, title: address });
    isBegun = true;
  }

  function drop() {
    aside();
    window.citygrid.tell("site", { drop: true });
  }

  async function send(event) {
    event.preventDefault();
    const go = event.submitter;
    const at = here();
    if (!form.kind) {
      parts.fault.textContent = say("intake.kind_needed");
      document.getElementById("intake-kind").focus();
      return;
    }
    go.disabled = true;
    parts.fault.textContent = "";
    const [scheme, small] = form.kind.split("/");
    const { progress } = parts;
    progress.hidden = !form.files.length;
    try {
      const made = await files.send("incidents", JSON.stringify({
        key: form.key, scheme, small, condition: form.condition ? Number(form.condition) : null, lon: at[0], lat: at[1],
        severity: form.severity, title: form.title.trim(), address: form.place?.title ?? "", place_note: form.note.trim(),
        placed_by: form.place?.by ?? "pin", placed_score: form.place?.score ?? 1, placed_within_m: form.place?.within ?? null,
        placed_as: form.place?.as ?? null, source: form.source,
        reporter: reporter(),
        parent: form.parent, files: await files.packed(form.files),
      }), "application/json", {}, (share) => { progress.value = share; });
      anew();
      toast(say("intake.saved", { key: made.key }));
      window.citygrid.tell("case", made.id);
    } catch (error) {
      parts.fault.textContent = error.message || say("intake.not_sent");
    } finally {
      go.disabled = false;
      progress.hidden = true;
    }
  }

  /* Where the pin stands now; dragged, it is where somebody put it, whatever was typed before. */
  function pinned(view) {
    if (view.mode !== "incidents") return view.pin;
    // The pin of an order of the hotline that is looked at is none of the report's.
    if (view.pin && !document.documentElement.dataset.reviewing) {
      form.pin = view.pin;
      if (form.place && form.place.pin !== view.pin) form.place = { by: "pin", score: 1, title: form.place.title, pin: view.pin };
    }
    const moved = view.pin !== pin;
    pin = view.pin || null;
    const wasOpen = moved && around?.open;
    if (moved) around = null;
    draw();
    if (wasOpen && around) around.open = true;
    if (isBegun && pin) {
      isBegun = false;
      document.getElementById("intake-kind")?.focus();
    }
    if (moved) look();
    return view.pin;
  }

  /* What is dragged on the map. */
  const held = () => (pin ? { at: here(), title: say("intake.pinned") } : null);

  function show() {
    const place = frame();
    if (place) {
      say = sayer(JSON.parse(place.dataset.words));
      around = null;
      told = Object.fromEntries(["classes", "severities", "sources", "limits"].map((name) => [name, JSON.parse(place.dataset[name])]));
    }
    draw();
    look();
  }

  Object.assign(window.citygrid, { intake: { show, pinned, held, begin, attach: (some) => taking?.take(some) } });
})();
