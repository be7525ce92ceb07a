/* Which incident another one says again: found by its number, or among those that may be the same,
   each with why. */
(function () {
  "use strict";

  const { h, request } = window.citygrid;
  const TYPING_MS = 250;

  /* What helps to fill the field of a number: the incident that was meant, and what may be the same. */
  function known(say, box, input) {
    const { case: own, at, kind, title } = box.dataset;
    const meant = h("p", { class: "cg-linking-meant", role: "status" });
    const list = h("div", { class: "cg-intake-known", "aria-live": "polite" });
    let timer = null;
    let turn = 0;

    async function look() {
      const mine = ++turn;
      const key = input.value.trim();
      meant.textContent = "";
      if (!key) return;
      try {
        const one = await request(`incidents/${encodeURIComponent(key)}`);
        if (mine !== turn) return;
        meant.textContent = one.key === own ? say("case_link.itself") : `${one.title || one.small} · ${say(`case_stage.${one.stage}`)}`;
      } catch (error) {
        if (mine === turn) meant.textContent = error.message;
      }
    }

    async function fill() {
      const [lon, lat] = at.split(",");
      const [scheme, small] = kind.split("/");
      try {
        const found = (await request("incidents/duplicates", { lon, lat, scheme, small, text: title.slice(0, 200) }))
          .filter((one) => one.key !== own && one.duplicate_of === null);
        list.replaceChildren(...(found.length ? [h("h3", { class: "cg-subtitle" }, say("case_link.possible")),
          h("ul", {}, found.map((one) => h("li", {}, h("button", {
            type: "button", class: "cg-order", onclick: () => { input.value = one.key; look(); },
          }, h("span", { class: "cg-order-title" }, one.title || one.class),
          h("small", { class: "cg-quiet" }, [one.key, ...one.reasons].join(" · "))))))]
          : [h("p", { class: "cg-quiet" }, say("case_link.none"))]));
      } catch (error) {
        list.replaceChildren(h("p", { class: "cg-quiet", role: "alert" }, error.message));
      }
    }

    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(look, TYPING_MS);
    });
    fill();
    return [meant, list];
  }

  window.citygrid.linking = { known };
})();
