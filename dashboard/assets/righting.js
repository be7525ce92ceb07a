/* Putting an incident right: a form beside it, and its pin on the map, which is dragged or moved by
   arrow keys. And a part of it reported as a case of its own. The server checks all anew. */
(function () {
  "use strict";

  const { h, sayer, request, post, toast, near } = window.citygrid;
  // What the server calls it, and the attribute that has it as it is.
  const FIELDS = { severity: "severity", title: "title", address: "address", place_note: "placeNote" };

  let say = (key) => key;
  // What is put right: the case as it was seen, what is in the fields, where the pin stands.
  let open = null;

  const frame = () => document.querySelector("[data-part=righting]");
  const held = () => (open ? { at: open.at, title: say("righting.pin") } : window.citygrid.intake.held());

  function begin(button) {
    const { dataset } = button.closest("[data-case]");
    const { case: key, version, at, kind, condition } = dataset;
    say = sayer(JSON.parse(frame().dataset.words));
    const fields = Object.fromEntries(Object.entries(FIELDS).map(([name, at_]) => [name, dataset[at_]]));
    open = { key, version: Number(version), was: { kind, condition, at, ...fields }, kind, condition, at: at.split(",").map(Number), ...fields };
    button.closest("details")?.removeAttribute("open");
    draw();
    near.marks(null);
    near.move(open.at);
    document.getElementById("righting-kind").focus();
  }

  function close() {
    open = null;
    frame()?.replaceChildren();
    near.marks(null);
  }

  const field = (name, control) => h("label", { class: "cg-field" }, h("span", {}, say(`righting.${name === "title" ? "what" : name}`)), control);
  const input = (name, most) => field(name, h("input", {
    class: "cg-input", id: `righting-${name}`, value: open[name], maxlength: most, autocomplete: "off", oninput: (event) => { open[name] = event.target.value; },
  }));
  const select = (name, options, onChange) => field(name, h("select", {
    class: "cg-input", id: `righting-${name}`, onchange: (event) => { open[name] = event.target.value; onChange?.(); },
  }, options.map(([value, text]) => (Array.isArray(text)
    ? h("optgroup", { label: value }, text.map(([v, t]) => h("option", { value: v, selected: v === open[name] }, t)))
    : h("option", { value, selected: value === open[name] }, text)))));

  function draw() {
    const { classes, severities } = Object.fromEntries(["classes", "severities"].map((name) => [name, JSON.parse(frame().dataset[name])]));
    const groups = new Map();
    for (const { scheme, small, name, group } of classes) {
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push([`${scheme}/${small}`, name]);
    }
    const conditions = classes.find(({ scheme, small }) => `${scheme}/${small}` === open.kind)?.conditions ?? [];
    const again = () => { open.condition = ""; draw(); document.getElementById("righting-kind").focus(); };
    frame().replaceChildren(h("form", {
      class: "cg-intake-form cg-righting", "aria-label": say("righting.title"), onsubmit: send,
      onkeydown: (event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      },
    }, h("h3", { class: "cg-subtitle" }, say("righting.title")),
    select("kind", [...groups], again),
    conditions.length > 1 ? select("condition", conditions.map(({ number, name, limit }) => [String(number), `${name} (${limit})`])) : null,
    select("severity", severities), input("title", "200"), input("address", "300"), input("place_note", "300"),
    h("p", { class: "cg-quiet" }, say("righting.drag")),
    h("p", { class: "cg-quiet", id: "righting-place", role: "status" }),
    h("p", { class: "cg-reveal-refused", id: "righting-fault", role: "alert" }),
    h("div", { class: "cg-dialog-foot" },
      h("button", { type: "button", class: "cg-button cg-button-plain", onclick: close }, say("righting.cancel")),
      h("button", { type: "submit", class: "cg-button cg-button-main" }, say("righting.save")))));
    where();
  }

  const isMoved = () => open.was.at !== open.at.join(",");

  async function where() {
    const now = open.at;
    const said = document.getElementById("righting-place");
    if (!isMoved()) { said.textContent = ""; return; }
    try {
      const told = await request("incidents/place", { at: now.map((degrees) => degrees.toFixed(6)).join(",") });
      if (open?.at === now) said.textContent = say("righting.moved", { place: told.said });
    } catch (error) {
      said.textContent = error.message;
    }
  }

  /* The pin was dragged, or another place was clicked: true where that is what is put right here. */
  function moved({ at, drop }) {
    if (!open) return false;
    if (at) open.at = at.map((degrees) => Number(degrees.toFixed(6)));
    else if (drop) open.at = open.was.at.split(",").map(Number);
    near.marks(null);
    where();
    return true;
  }

  function changes() {
    const { was } = open;
    const told = {};
    for (const name of Object.keys(FIELDS)) if (open[name].trim() !== was[name]) told[name] = open[name].trim();
    if (open.kind !== was.kind) [told.scheme, told.small] = open.kind.split("/");
    if (open.condition && (open.kind !== was.kind || open.condition !== was.condition)) told.condition = Number(open.condition);
    if (isMoved()) Object.assign(told, { lon: open.at[0], lat: open.at[1], placed_by: "pin", placed_score: 1 });
    return told;
  }

  async function send(event) {
    event.preventDefault();
    const fault = document.getElementById("righting-fault");
    const told = changes();
    if (!Object.keys(told).length) { fault.textContent = say("righting.nothing"); return; }
    const go = event.submitter;
    if (go) go.disabled = true;
    fault.textContent = "";
    try {
      await post(`incidents/${encodeURIComponent(open.key)}/acts/amend`, { seen_version: open.version, changes: told });
      toast(say("righting.saved", { key: open.key }));
      close();
      window.citygrid.handling.changed();
    } catch (error) {
      fault.textContent = error.message;
    } finally {
      if (go) go.disabled = false;
    }
  }

  function split(button) {
    const { case: key, at, address } = button.closest("[data-case]").dataset;
    window.citygrid.intake.begin({ parent: key, at: at.split(",").map(Number), address });
  }

  /* The case is drawn anew: what is put right stays, unless another case is open now. */
  function show() {
    if (!open) return;
    const now = document.querySelector("#case [data-case]")?.dataset.case;
    if (now !== open.key || !frame()?.dataset.classes) close();
    else near.marks(null);
  }

  const DOES = { "case-amend": begin, "case-split": split };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-does]");
    if (button) DOES[button.dataset.does]?.(button);
  });

  Object.assign(window.citygrid, { righting: { held, moved, show } });
})();
