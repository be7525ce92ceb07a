/* What is near an incident: asked for only when it is opened. Each line points at its place: the
   pointer or the focus marks it on the map, a click moves there. */
(function () {
  "use strict";

  const { h, icon, sayer, request, language } = window.citygrid;
  const AROUND_DEGREES = 0.0012;
  let moves = 0;

  // --- pointing -----------------------------------------------------------------------------------
  /* What is dragged stays where it is; beside it a mark that is only looked at. */
  function marks(spot) {
    const { view, righting } = window.citygrid;
    const held = righting.held();
    const own = held ? [{ lngLat: held.at, label: "●", title: held.title }] : [];
    const looked = spot ? [{ lngLat: spot.at, label: spot.label ?? "○", title: spot.title, isFixed: true }] : [];
    window.dash_clientside.set_props("map", {
      sites: { marks: [...own, ...looked], asks: view.trying, url: `incidents/place?language=${language()}` },
    });
  }

  function move([lon, lat], around = AROUND_DEGREES) {
    window.dash_clientside.set_props("map", {
      fit: { bounds: [lon - around, lat - around, lon + around, lat + around], n: 4e6 + ++moves },
    });
  }

  /* A line that points at a place. */
  function line({ at, name, about, value, title }, more) {
    const spot = { at, title: name };
    const button = h("button", {
      type: "button", class: "cg-row cg-row-two", title: title ?? name,
      onclick: () => move(at), onmouseenter: () => marks(spot), onfocus: () => marks(spot),
      onmouseleave: () => marks(null), onblur: () => marks(null),
    }, h("span", { class: "cg-row-name" }, name, about ? h("small", {}, about) : null),
    h("span", { class: "cg-row-value" }, value));
    return h("li", { class: more ? "cg-near-two" : "" }, button, more ?? null);
  }

  // --- what is there ------------------------------------------------------------------------------
  const filled = (parts) => parts.filter(Boolean).join(" · ");

  function drawn(say, { near, whose, but }) {
    const at = (one) => [one.lon, one.lat];
    const metres = (one) => say("near.metres", { n: Math.round(one.distance_m) });
    const away = (one) => say(`near.${one.mode}`, { n: Math.max(1, Math.round(one.seconds / 60)) });
    const reached = (one) => line({
      at: at(one), name: one.name, about: filled([one.kind_name, one.phone]), value: h("span", {}, away(one), h("small", { title: say("near.straight") }, metres(one))),
    });
    const building = (one) => line({
      at: at(one), name: one.name || one.address || say("near.nameless"),
      about: filled([one.use_name, one.floors ? say("near.floors", { n: one.floors }) : "",
        one.people === null ? say("near.not_told") : say("near.lives", { n: one.people })]),
      value: metres(one),
    });
    const hazard = (one) => line({ at: at(one), name: one.name || one.kind_name, about: filled([one.kind_name, one.phone]), value: metres(one) });
    // What makes it a hazard: an emergency by its class, else how grave it is.
    const danger = (one) => (one.is_emergency ? one.class : one.severity_name);
    const incident = (one) => {
      const name = one.title || one.class;
      return line({ at: at(one), name, about: filled([one.stage_name, one.is_hazard ? danger(one) : "", one.key]), value: metres(one) },
        h("button", {
          type: "button", class: "cg-icon-button", title: say("near.open", { name }), "aria-label": say("near.open", { name }),
          onclick: () => window.citygrid.tell("case", one.id),
        }, icon("right")));
    };
    const open = near.incidents.filter(({ id }) => id !== but);
    const person = (one) => h("li", { class: "cg-intake-person" }, `${one.post} ${one.name}`,
      one.phone ? h("a", { href: `tel:${one.phone}`, class: "cg-link" }, one.phone) : null);
    const beside = whose.zonings.flatMap((one) => one.people.map((each) => person({ ...each, post: `${one.name} ${each.post}` })));
    const groups = [
      ["post", near.posts.slice(0, 1).map(reached), say("near.no_post")],
      ["people", [...whose.people.map(person), ...beside], say("near.nobody")],
      ["hazards", [...open.filter((one) => one.is_hazard).map(incident), ...near.hazards.map(hazard)], ""],
      ["facilities", near.facilities.map(reached), say("near.nothing")],
      ["buildings", near.buildings.map(building), say("near.nothing")],
      ["incidents", open.filter((one) => !one.is_hazard).map(incident), say("near.nothing")],
    ];
    return groups.filter(([, rows, none]) => rows.length || none).map(([name, rows, none]) => h("section", { "data-near": name },
      h("h3", { class: "cg-subtitle" }, say(`near.${name}`)),
      rows.length ? h("ul", {}, rows) : h("p", { class: "cg-quiet" }, none)));
  }

  /* The folded section; what it asks is said when it is opened: {at, body, kind, but}. */
  function section(say, wanted) {
    const inside = h("div", { class: "cg-near-inside", "aria-live": "polite" });
    async function load() {
      const { at: [lon, lat], body, kind = {}, but } = wanted();
      inside.replaceChildren(h("p", { class: "cg-quiet cg-near-loading" }, say("near.loading")));
      try {
        const whose = await request("incidents/whose", { lon, lat, ...kind });
        const from = body ?? whose.body?.id;
        const near = await request("incidents/near", { lon, lat, ...(from ? { body: from } : {}) });
        if (box.open) inside.replaceChildren(...drawn(say, { near, whose, but }));
      } catch (error) {
        inside.replaceChildren(h("p", { class: "cg-reveal-refused", role: "alert" }, error.message),
          h("button", { type: "button", class: "cg-button", onclick: load }, say("near.again")));
      }
    }
    const box = h("details", {
      class: "cg-near", ontoggle: () => { if (box.open) load(); else { inside.replaceChildren(); marks(null); } },
    }, h("summary", { class: "cg-subtitle" }, icon("down"), say("near.title")), inside);
    return box;
  }

  // --- what else points at a place: where incidents lie close together -------------------------
  function pointing(event) {
    const line = event.target.closest?.("[data-points]");
    const at = line?.dataset.points.split(",").map(Number);
    if (event.type === "click") { if (line) move(at, 0.004); }
    else if (event.type === "mouseout" || event.type === "focusout") { if (line) marks(null); }
    else if (line) marks({ at, label: line.dataset.label, title: line.innerText });
  }
  for (const type of ["click", "mouseover", "mouseout", "focusin", "focusout"]) document.addEventListener(type, pointing);

  // --- in an open case ----------------------------------------------------------------------------
  function show() {
    const { righting, reporters } = window.citygrid;
    righting.show();
    reporters.show();
    const place = document.querySelector("[data-part=near]");
    if (!place) return;
    const { at, body, kind, number, words, told } = place.dataset;
    const now = `${at} ${body} ${kind} ${number} ${language()}`;
    const [scheme, small] = kind.split("/");
    // News of the case leave what is open, and read, as it is.
    if (told !== now) {
      place.dataset.told = now;
      place.replaceChildren(section(sayer(JSON.parse(words)), () => ({
        at: at.split(",").map(Number), body: body ? Number(body) : null, kind: { scheme, small }, but: Number(number),
      })));
    }
  }

  Object.assign(window.citygrid, { near: { show, section, marks, move } });
})();
