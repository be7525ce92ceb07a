/* Forms for every operation on borders and units: what the mouse draws can be typed as well. */
(function () {
  "use strict";

  const { h, icon, ground, workbench: bench } = window.citygrid;
  const { unitOf, nameOf, fullName, metres, around, faces, facesOf, boxOf } = ground;
  const { draw, carry, refuse, doing, picker, typed, hint, byForm, asOptions, selection, chosen, number } = bench;

  // --- borders --------------------------------------------------------------------------------
  const openArcs = () => [...bench.session.arcs.values()].filter((arc) => !arc.locked && arc.left !== null && arc.right !== null)
    .sort((a, b) => metres(b.line) - metres(a.line));

  function arcPicker() {
    const mine = (arc) => Number(unitOf(arc.left)?.mine ?? false) + Number(unitOf(arc.right)?.mine ?? false);
    const options = openArcs().sort((a, b) => mine(b) - mine(a)).slice(0, 400).map((arc) => [arc.id,
      `${bench.say("bench.border", { a: nameOf(arc.left), b: nameOf(arc.right) })} · ${number(Math.round(metres(arc.line)))} m`]);
    return picker(bench.say("bench.border_of"), "arc", options);
  }

  const arcOf = () => bench.session.arcs.get(bench.form.arc);
  const grid = (value) => Math.round(value * 1e7) / 1e7;

  function shifted([x, y]) {
    const cos = Math.cos(y * (Math.PI / 180));
    return [grid(x + Number(bench.form.east || 0) / (111320 * cos)), grid(y + Number(bench.form.north || 0) / 110574)];
  }

  function moveForm() {
    const parts = [arcPicker()];
    const arc = arcOf();
    if (arc) {
      const last = arc.line.length - 1;
      const options = arc.line.map((_, i) => [i, bench.say(i === 0 || i === last ? "bench.point_node" : "bench.point_n", { n: i + 1 })]);
      parts.push(picker(bench.say("bench.which_point"), "point", options));
      const at = () => arc.line[Number(bench.form.point)];
      const next = () => arc.line[Math.min(Number(bench.form.point) + 1, last)];
      parts.push(
        h("div", { class: "cg-field-row" }, typed(bench.say("bench.east"), "east", { type: "number", step: "1" }),
          typed(bench.say("bench.north"), "north", { type: "number", step: "1" })),
        h("p", { class: "cg-quiet" }, bench.say("bench.negative")),
        h("div", { class: "cg-bench-does" },
          doing(() => ({ do: "move", moves: [[at(), shifted(at())]] }), { class: "cg-button cg-button-main", "data-op": "move" }, bench.say("bench.do_move")),
          Number(bench.form.point) < last ? doing(() => ({
            do: "insert", start: at(), end: next(), at: [grid((at()[0] + next()[0]) / 2), grid((at()[1] + next()[1]) / 2)],
          }), { "data-op": "insert" }, bench.say("bench.do_insert")) : null,
          Number(bench.form.point) > 0 && Number(bench.form.point) < last
            ? doing(() => ({ do: "delete", at: at() }), { "data-op": "delete" }, bench.say("bench.do_delete")) : null));
    }
    return parts;
  }

  let roads = { key: "", list: null };
  function roadList(arc) {
    const xs = arc.line.map(([x]) => x);
    const ys = arc.line.map(([, y]) => y);
    const pad = 0.0006;
    const bounds = [Math.min(...xs) - pad, Math.min(...ys) - pad, Math.max(...xs) + pad, Math.max(...ys) + pad];
    const key = `${bench.url} ${bounds}`;
    if (roads.key !== key) {
      roads = { key, list: null };
      fetch(`${bench.url}/roads?bounds=${bounds.join(",")}`).then((answer) => answer.json()).then(({ features = [] }) => {
        // A street is known by its name, and comes in pieces.
        if (roads.key === key) { roads.list = features; draw(); }
      }).catch((error) => refuse(error.message));
    }
    return roads.list;
  }

  function followForm() {
    const parts = [arcPicker()];
    const arc = arcOf();
    const list = arc && roadList(arc);
    if (arc && !list) parts.push(h("p", { class: "cg-quiet" }, bench.say("bench.loading")));
    if (list && !list.length) parts.push(h("p", { class: "cg-quiet" }, bench.say("bench.no_roads")));
    if (list?.length) {
      const options = list.map((each, i) => [i, each.properties?.name || `${bench.say("bench.road")} ${i + 1}`]);
      parts.push(picker(bench.say("bench.road"), "road", options), h("div", { class: "cg-bench-does" }, doing(() => {
        const { kind, id } = list[Number(bench.form.road)].properties;
        return { do: "follow", [kind]: id, start: arc.line[0], end: arc.line[arc.line.length - 1] };
      }, { class: "cg-button cg-button-main", "data-op": "follow" }, bench.say("bench.do_follow"))));
    }
    return parts;
  }

  // --- split, merge and the rest --------------------------------------------------------------
  function chosenUnit(options) {
    const [first] = chosen().units;
    if (first !== undefined && options.some(([id]) => id === first) && bench.form.seenUnit !== first) {
      bench.form.unit = String(first);
      bench.form.seenUnit = first;
    }
    return picker(bench.say("bench.unit"), "unit", options);
  }

  function splitForm() {
    const parts = [chosenUnit(asOptions(faces()))];
    const line = () => {
      const [w, s, e, n] = boxOf(Number(bench.form.unit));
      const at = Number(bench.form.at || 50) / 100;
      const pad = 0.0002;
      return bench.form.cut === "ew"
        ? [[grid(w - pad), grid(s + (n - s) * at)], [grid(e + pad), grid(s + (n - s) * at)]]
        : [[grid(w + (e - w) * at), grid(s - pad)], [grid(w + (e - w) * at), grid(n + pad)]];
    };
    bench.form.at ??= "50";
    const unit = unitOf(Number(bench.form.unit));
    const operation = (kind) => ({ do: kind, unit: Number(bench.form.unit), lines: [line()], ...(kind === "divide" ? { level: unit.level + 1 } : {}) });
    parts.push(picker(bench.say("bench.cut"), "cut", [["ns", bench.say("bench.cut_ns")], ["ew", bench.say("bench.cut_ew")]]),
      typed(bench.say("bench.cut_at"), "at", { type: "number", min: "5", max: "95", step: "5" }),
      h("div", { class: "cg-bench-does" },
        doing(() => operation("split"), { class: "cg-button cg-button-main", "data-op": "split" }, bench.say("bench.do_split")),
        unit && bench.levels.some((level) => level.number === unit.level + 1)
          ? doing(() => operation("divide"), { "data-op": "divide" }, bench.say("bench.divide")) : null));
    return parts;
  }

  function mergeBench() {
    const { units } = chosen();
    const parts = [hint(bench.say("bench.hint_select")), selection()];
    const choose = (id) => window.citygrid.edit.set({ selection: { units: [...units, id], buildings: [] } });
    if (!units.length) {
      parts.push(byForm(chosenUnit(asOptions(faces())), h("button", {
        type: "button", class: "cg-button", "data-op": "choose", onclick: () => choose(Number(bench.form.unit)),
      }, bench.say("bench.merge_more"))));
      return parts;
    }
    const near = [...around(units.flatMap(facesOf))].sort((a, b) => b[1] - a[1]);
    parts.push(h("h4", {}, bench.say("bench.merge_more")), h("ul", { class: "cg-takers" }, near.map(([id, length]) => h("li", {}, h("button", {
      type: "button", class: "cg-taker", "data-add": String(id), onclick: () => choose(id),
    }, h("span", {}, icon("plus"), fullName(id)), h("small", {}, bench.say("bench.border_m", { n: number(Math.round(length)) })))))));
    if (units.length > 1) {
      parts.push(picker(bench.say("bench.into"), "into", units.map((id) => [id, fullName(id)])), h("div", { class: "cg-bench-does" },
        doing(() => ({ do: "merge", units, into: Number(bench.form.into) }), { class: "cg-button cg-button-main", "data-op": "merge" }, bench.say("bench.do_merge"))));
    }
    return parts;
  }

  const titled = () => ({
    ...(bench.form.code ? { code: bench.form.code } : {}),
    names: Object.fromEntries([["zh", bench.form.zh], ["en", bench.form.en]].filter(([, name]) => name)),
  });

  function titleFields() {
    return [typed(bench.say("bench.name_zh"), "zh", { maxlength: "80" }), typed(bench.say("bench.name_en"), "en", { maxlength: "80" }),
      typed(bench.say("bench.code"), "code", { maxlength: "32", note: bench.say("bench.code_auto") })];
  }

  function createBench() {
    const { units } = chosen();
    const all = [...bench.session.units.values()];
    const uppers = all.filter((unit) => !unit.face || bench.levels.some((level) => level.number > unit.level));
    const parts = [hint(bench.say("bench.create_why")), selection()];
    if (units.length) {
      const level = unitOf(units[0]).level - 1;
      const above = uppers.filter((unit) => unit.level < level);
      parts.push(byForm(picker(bench.say("bench.parent"), "parent", asOptions(above)), titleFields(), h("div", { class: "cg-bench-does" },
        doing(() => ({ do: "create", level, parent: Number(bench.form.parent), children: units, title: titled() }),
          { class: "cg-button cg-button-main", "data-op": "create" }, bench.say("bench.do_create")))));
    }
    return parts;
  }

  function renameBench() {
    const options = asOptions(bench.session.units.values());
    const pick = chosenUnit(options);
    const unit = unitOf(Number(bench.form.unit));
    if (unit && bench.form.titledFor !== unit.id) {
      Object.assign(bench.form, { titledFor: unit.id, zh: unit.names.zh ?? "", en: unit.names.en ?? "", code: unit.code });
    }
    return [hint(bench.say("bench.hint_select")), pick, titleFields(), h("div", { class: "cg-bench-does" },
      h("button", {
        type: "button", class: "cg-button cg-button-main", "data-op": "rename",
        onclick: () => carry({ do: "rename", unit: Number(bench.form.unit), title: { ...titled(), kind: unit.kind } }),
      }, bench.say("bench.do_rename")))];
  }

  function retireBench() {
    return [hint(bench.say("bench.retire_why")), chosenUnit(asOptions(bench.session.units.values())), h("div", { class: "cg-bench-does" },
      doing(() => ({ do: "retire", unit: Number(bench.form.unit) }), { class: "cg-button cg-button-grave", "data-op": "retire" }, bench.say("bench.do_retire")))];
  }

  const drawing = (key, form_) => () => [hint(bench.say(`bench.hint_${key}`)), h("p", { class: "cg-quiet" }, bench.say("bench.keys")), byForm(form_())];
  bench.add({
    move: drawing("move", moveForm),
    reshape: () => [hint(bench.say("bench.hint_reshape")), h("p", { class: "cg-quiet" }, bench.say("bench.keys"))],
    follow: drawing("follow", followForm),
    split: drawing("split", splitForm),
    merge: mergeBench,
    create: createBench,
    rename: renameBench,
    retire: retireBench,
  });
})();
