/* The slider through the changes of boundaries: each stop is what a change made of them. */
(function () {
  "use strict";

  const { h, icon, sayer } = window.citygrid;
  // While the thumb is held only the label follows; the map is asked once it rests.
  const REST_MS = 180;
  let timer = null;

  function show() {
    const place = document.querySelector("[data-part=stops]");
    if (!place) return;
    const say = sayer(JSON.parse(place.dataset.words));
    const stops = JSON.parse(place.dataset.stops);
    const last = stops.length - 1;
    const found = stops.findLastIndex(({ on }) => place.dataset.on && on.slice(0, 19) <= end(place.dataset.on));
    const now = place.dataset.on ? Math.max(found, 0) : last;

    const go = (index) => {
      const at = Math.min(Math.max(index, 0), last);
      range.value = at;
      said.textContent = text(at);
      clearTimeout(timer);
      timer = setTimeout(() => window.citygrid.tell("on", at === last ? "" : stops[at].on), REST_MS);
    };
    const text = (index) => (index === last ? say("history.today") : stops[index].said);
    const said = h("output", { class: "cg-history-said" }, text(now));
    const range = h("input", {
      type: "range", min: "0", max: String(last), step: "1", value: String(now), id: "history-range",
      "aria-label": say("history.slider"), "aria-valuetext": text(now),
      oninput: () => {
        range.setAttribute("aria-valuetext", text(Number(range.value)));
        go(Number(range.value));
      },
    });
    const step = (by, key, name) => h("button", {
      type: "button", class: "cg-icon-button", title: say(key), "aria-label": say(key), id: `history${by}`,
      disabled: by < 0 ? now === 0 : now === last, onclick: () => go(Number(range.value) + by),
    }, icon(name));
    const ticks = h("div", { class: "cg-history-ticks", "aria-hidden": "true" },
      stops.map((_, index) => h("span", { style: `left:${last ? (index / last) * 100 : 0}%` })));
    place.replaceChildren(step(-1, "history.earlier", "left"),
      h("div", { class: "cg-history-track" }, range, ticks,
        h("div", { class: "cg-history-ends" }, h("span", {}, stops[0].said), said, h("span", {}, say("history.today")))),
      step(1, "history.later", "right"));
  }

  const end = (on) => (on.includes("T") ? on.slice(0, 19) : `${on}T23:59:59`);

  Object.assign(window.citygrid, { history: { show } });
})();
