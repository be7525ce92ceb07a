/* Layers for a GIS: the choice of their coordinate system, and what is wrong with one that is typed. */
(function () {
  "use strict";

  const { h, sayer, unsaid, language } = window.citygrid;

  async function take(path, crs) {
    const answer = await fetch(`${path}&${new URLSearchParams({ crs, language: language() })}`, { headers: { Accept: "application/json, */*" } }).catch(() => null);
    if (!answer?.ok) {
      const told = await answer?.json().catch(() => ({}));
      throw new Error(told?.error || unsaid(answer?.status ?? 0));
    }
    const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "coverage.gpkg";
    const url = URL.createObjectURL(await answer.blob());
    h("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
  }

  function form(place) {
    const words = sayer(JSON.parse(place.dataset.words));
    const systems = JSON.parse(place.dataset.systems);
    const chosen = h("select", { class: "cg-input", id: "layers-system" },
      systems.map(([code, name]) => h("option", { value: code }, `${name} · EPSG:${code}`)),
      h("option", { value: "" }, words("other_system")));
    const typed = h("input", { class: "cg-input", id: "layers-epsg", inputmode: "numeric", maxlength: "10", placeholder: "4547", "aria-label": words("epsg"), hidden: true });
    const go = h("button", { class: "cg-button cg-button-icon", type: "submit", id: "layers-take" },
      h("span", { class: "cg-icon cg-icon-download", "aria-hidden": "true" }), words("take_gpkg"));
    const fault = h("p", { class: "cg-reveal-refused", role: "alert" });
    chosen.addEventListener("change", () => {
      typed.hidden = chosen.value !== "";
      typed.required = !typed.hidden;
      fault.textContent = "";
      if (!typed.hidden) typed.focus();
    });
    place.replaceChildren(h("form", {
      async onsubmit(event) {
        event.preventDefault();
        go.disabled = true;
        fault.textContent = "";
        try {
          await take(place.dataset.path, chosen.value || typed.value.trim());
        } catch (error) {
          fault.textContent = error.message;
        }
        go.disabled = false;
      },
    }, h("label", { class: "cg-field", for: "layers-system" }, h("span", {}, words("system")), chosen, typed), go, fault));
  }

  /* The panel is drawn anew with each question; what was chosen of systems stays while it does not. */
  function fill() {
    for (const place of document.querySelectorAll("[data-part=layers-out]")) {
      const drawn = `${place.dataset.words}${place.dataset.systems}`;
      if (place.drawn === drawn && place.firstElementChild) continue;
      place.drawn = drawn;
      form(place);
    }
  }
  new MutationObserver(fill).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-words"] });
})();
