/* What the bench asks the ground that the browser holds: names, neighbours, what lies where. */
(function () {
  "use strict";

  // The session with the server whose ground is meant.
  let here = () => null;

  const unitOf = (id) => here().units.get(id);

  function nameOf(id) {
    const unit = unitOf(id);
    if (!unit) return String(id);
    return unit.names[window.citygrid.language()] || Object.values(unit.names)[0] || unit.code;
  }

  // Many grids are called "Grid 1": what they lie in tells them apart.
  function fullName(id) {
    const parent = unitOf(id)?.parent;
    return parent && unitOf(parent) && unitOf(id).face ? `${nameOf(parent)} · ${nameOf(id)}` : nameOf(id);
  }

  function metres(line) {
    let sum = 0;
    for (let i = 1; i < line.length; i += 1) {
      const [[x0, y0], [x1, y1]] = [line[i - 1], line[i]];
      const cos = Math.cos(((y0 + y1) / 2) * (Math.PI / 180));
      sum += Math.hypot((x1 - x0) * 111320 * cos, (y1 - y0) * 110574);
    }
    return sum;
  }

  /* The faces around some faces, and how many metres of border there are to each. */
  function around(faces) {
    const inside = new Set(faces);
    const found = new Map();
    for (const { left, right, line } of here().arcs.values()) {
      for (const [here, there] of [[left, right], [right, left]]) {
        if (inside.has(here) && there !== null && !inside.has(there)) {
          found.set(there, (found.get(there) ?? 0) + metres(line));
        }
      }
    }
    return found;
  }

  const faces = () => [...here().units.values()].filter((unit) => unit.face);

  function facesOf(id) {
    if (unitOf(id)?.face) return [id];
    return [...here().units.values()].filter((unit) => unit.parent === id).flatMap((unit) => facesOf(unit.id));
  }

  function boxOf(face) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const { left, right, line } of here().arcs.values()) {
      if (left !== face && right !== face) continue;
      for (const [x, y] of line) {
        box[0] = Math.min(box[0], x); box[1] = Math.min(box[1], y);
        box[2] = Math.max(box[2], x); box[3] = Math.max(box[3], y);
      }
    }
    return box;
  }

  /* The face a place lies in: a line from it to the far east crosses the outline an odd number of times. */
  function faceAt([x, y]) {
    const inside = new Set();
    const turn = (face) => (inside.has(face) ? inside.delete(face) : inside.add(face));
    for (const { left, right, line } of here().arcs.values()) {
      for (let i = 1; i < line.length; i += 1) {
        const [[x0, y0], [x1, y1]] = [line[i - 1], line[i]];
        if ((y0 > y) !== (y1 > y) && x < x0 + ((y - y0) * (x1 - x0)) / (y1 - y0)) {
          if (left !== null) turn(left);
          if (right !== null) turn(right);
        }
      }
    }
    return [...inside][0];
  }

  /* The face a building stands in, by how the map draws it. */
  function faceOfDrawn(id) {
    const map = window.__citygrid_maps?.map;
    const [found] = map?.querySourceFeatures("buildings", { sourceLayer: "buildings", filter: ["==", ["id"], id] }) ?? [];
    if (!found) return undefined;
    const ring = found.geometry.type === "Polygon" ? found.geometry.coordinates[0] : found.geometry.coordinates[0][0];
    const sum = ring.slice(1).reduce(([sx, sy], [x, y]) => [sx + x, sy + y], [0, 0]);
    return faceAt([sum[0] / (ring.length - 1), sum[1] / (ring.length - 1)]);
  }

  Object.assign(window.citygrid, {
    ground: {
      of(session) { here = session; },
      unitOf, nameOf, fullName, metres, around, faces, facesOf, boxOf, faceOfDrawn,
    },
  });
})();
