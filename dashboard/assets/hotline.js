/* The hotline's daily table: brought as a file, and each order that waits is shown on the map,
   confirmed, moved or put away. The server checks all anew. */
(function () {
  "use strict";

  const { h, icon, sayer, request, post, toast } = window.citygrid;
  const ACCEPTED = ".xlsx,.xls,.csv,.txt,.tsv";
  const root = document.documentElement;

  let say = (key) => key;
  let waiting = [];
  // The order that is looked at, and the class chosen for it.
  let opened = null;
  let kind = "";
  // What is kept while the list is drawn anew: the file, its columns, what became of it.
  let file = null;
  let asked = null;
  let result = null;
  let fault = "";
  let busy = false;

  const frame = () => document.querySelector("[data-part=hotline]");
  const changed = () => window.citygrid.tell("news", ["incidents"]);

  const send = (path, query) => request(path, { file: file.name, ...query }, {
    method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file,
  });

  async function busily(work) {
    busy = true;
    fault = "";
    draw();
    try {
      await work();
    } catch (error) {
      fault = error.message;
    }
    busy = false;
    draw();
  }

  // --- bringing ---------------------------------------------------------------------------------
  const bring = (columns) => busily(async () => {
    result = await send("incidents/hotline", columns ? { columns: JSON.stringify(columns) } : {});
    asked = null;
    file = null;
    toast(say("hotline.done", result));
    changed();
  });

  function begin(event) {
    event.preventDefault();
    if (!file) return;
    busily(async () => {
      result = null;
      // Said before it is sent: of a body that is too long the server hears no end.
      const most = Number(frame().dataset.most);
      if (file.size > most) throw new Error(say("hotline.too_big", { file: file.name, most: most / 1e6 }));
      const found = await send("incidents/hotline/columns", {});
      if (found.missing.length || !found.kept) asked = found;
      else await bring(null);
    });
  }

  function columns() {
    const given = Object.fromEntries(asked.fields.map(({ name, column }) => [name, column]));
    return h("form", {
      class: "cg-hotline-columns",
      onsubmit(event) {
        event.preventDefault();
        bring(given);
      },
    }, h("p", { class: "cg-quiet" }, say("hotline.columns_why")),
    asked.fields.map(({ name, title, column }) => h("label", { class: "cg-field" }, h("span", {}, title),
      h("select", { class: "cg-input", id: `hotline-${name}`, onchange: (event) => { given[name] = event.target.value; } },
        h("option", { value: "" }, say("hotline.no_column")),
        asked.columns.map((each) => h("option", { value: each, selected: each === column }, each))))),
    h("div", { class: "cg-dialog-foot" },
      h("button", { type: "button", class: "cg-button cg-button-plain", onclick: () => { asked = null; draw(); } }, say("hotline.cancel")),
      h("button", { type: "submit", class: "cg-button cg-button-main", disabled: busy }, say("hotline.bring"))));
  }

  function outcome() {
    const told = result.rows.filter(({ said }) => said);
    return h("div", { class: "cg-hotline-outcome", role: "status" },
      h("p", {}, say("hotline.done", result)),
      told.length ? h("details", { open: result.refused > 0 }, h("summary", { class: "cg-quiet" }, say("hotline.look", { n: told.length })),
        h("ul", {}, told.map(({ verdict, said }) => h("li", { class: `cg-hotline-${verdict}` }, said)))) : null);
  }

  function upload() {
    return h("form", { class: "cg-hotline-file", onsubmit: begin },
      h("label", { class: "cg-field" }, h("span", {}, say("hotline.file")),
        h("input", { class: "cg-hidden", type: "file", id: "hotline-file", accept: ACCEPTED, onchange: (event) => { file = event.target.files[0] ?? null; draw(); } }),
        // In the page's own words, and with the file's name when all is drawn anew.
        h("span", { class: "cg-input cg-hotline-pick" }, icon("sheet"), h("span", {}, file ? file.name : say("hotline.choose_file")))),
      h("button", { type: "submit", class: "cg-button", id: "hotline-bring", disabled: busy || !file }, say(busy ? "hotline.bringing" : "hotline.bring")));
  }

  // --- what waits -------------------------------------------------------------------------------
  function look(order) {
    opened = order.id;
    kind = order.kind;
    fault = "";
    root.dataset.reviewing = "true";
    if (order.at) {
      window.citygrid.tell("site", { at: order.at });
      const around = 0.002;
      window.dash_clientside.set_props("map", {
        fit: { bounds: [order.at[0] - around, order.at[1] - around, order.at[0] + around, order.at[1] + around], n: 3e6 + Date.now() % 1e6 },
      });
    } else window.citygrid.tell("site", { drop: true });
    draw();
  }

  function close() {
    opened = null;
    fault = "";
    delete root.dataset.reviewing;
    window.citygrid.tell("site", { drop: true });
    draw();
  }

  const confirm = (order) => busily(async () => {
    const pin = window.citygrid.view?.pin;
    if (!pin) throw new Error(say("hotline.pin_needed"));
    if (!kind) throw new Error(say("hotline.kind_needed"));
    const [lon, lat] = pin.split(",").map(Number);
    const [scheme, small] = kind.split("/");
    const made = await post(`incidents/hotline/${order.id}/confirm`, { lon, lat, scheme, small });
    toast(say(order.moves ? "hotline.moved" : "hotline.confirmed", made));
    close();
    changed();
  });

  const drop = (order, reason) => busily(async () => {
    if (!reason.trim()) throw new Error(say("hotline.reason_needed"));
    await post(`incidents/hotline/${order.id}/drop`, { reason });
    close();
    changed();
  });

  function classes() {
    const told = JSON.parse(document.querySelector("[data-part=intake]")?.dataset.classes ?? "[]");
    const groups = new Map();
    for (const { scheme, small, name, group } of told) {
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push([`${scheme}/${small}`, name]);
    }
    return h("select", { class: "cg-input", id: "hotline-kind", onchange: (event) => { kind = event.target.value; } },
      h("option", { value: "" }, say("hotline.choose")),
      [...groups].map(([group, some]) => h("optgroup", { label: group }, some.map(([value, name]) => h("option", { value, selected: value === kind }, name)))));
  }

  function open(order) {
    const reason = h("input", { class: "cg-input", id: "hotline-reason", maxlength: "500", autocomplete: "off", placeholder: say("hotline.reason_hint") });
    const away = h("details", { class: "cg-question-more" }, h("summary", { class: "cg-quiet" }, icon("down"), say(order.moves ? "hotline.stays" : "hotline.drop")),
      h("div", { class: "cg-hotline-away" }, reason,
        h("button", { type: "button", class: "cg-button cg-button-grave", disabled: busy, onclick: () => drop(order, reason.value) }, say(order.moves ? "hotline.stays" : "hotline.drop_go"))));
    return h("div", { class: "cg-hotline-open" },
      order.text && order.text !== order.title ? h("p", {}, order.text) : null,
      order.address ? h("p", {}, icon("pin"), " ", order.address) : null,
      h("p", { class: "cg-quiet" }, say(order.at ? "hotline.move" : "hotline.put")),
      order.moves ? null : h("label", { class: "cg-field" }, h("span", {}, order.words ? say("hotline.kind_of", { words: order.words }) : say("hotline.kind")), classes()),
      h("div", { class: "cg-hotline-acts" },
        h("button", { type: "button", class: "cg-button cg-button-main", disabled: busy, onclick: () => confirm(order) }, say(order.moves ? "hotline.move_here" : "hotline.confirm")),
        order.at ? null : h("button", { type: "button", class: "cg-button", onclick: () => window.citygrid.tell("ask", "trying:") }, say("hotline.pick")),
        h("button", { type: "button", class: "cg-button cg-button-plain", onclick: close }, say("hotline.cancel"))), away);
  }

  function rows() {
    if (!waiting.length) return [];
    return [h("h3", { class: "cg-subtitle" }, say("hotline.to_look_at")),
      h("ol", {}, waiting.map((order) => h("li", {},
        h("button", { type: "button", class: "cg-order", "aria-expanded": String(opened === order.id), onclick: () => (opened === order.id ? close() : look(order)) },
          h("span", { class: "cg-order-title" }, order.title || order.number),
          h("small", { class: "cg-quiet" }, order.why)),
        opened === order.id ? open(order) : null)))];
  }

  function draw() {
    const place = frame();
    if (!place) return;
    // A file that was chosen stays in its field.
    const field = document.getElementById("hotline-file");
    place.replaceChildren(...[
      h("p", { class: "cg-quiet" }, say("hotline.how")), asked ? columns() : upload(),
      h("p", { class: "cg-reveal-refused", role: "alert" }, fault), result && !asked ? outcome() : null, ...rows(),
    ].filter(Boolean));
    if (field?.files.length && file) document.getElementById("hotline-file")?.replaceWith(field);
  }

  function show() {
    const place = frame();
    if (place) {
      say = sayer(JSON.parse(place.dataset.words));
      waiting = JSON.parse(place.dataset.waiting);
      if (opened !== null && !waiting.some(({ id }) => id === opened)) {
        opened = null;
        delete root.dataset.reviewing;
      }
      const box = document.getElementById("hotline-box");
      if (box && (opened !== null || result || asked)) box.open = true;
    }
    draw();
  }

  Object.assign(window.citygrid, { hotline: { show } });
})();
