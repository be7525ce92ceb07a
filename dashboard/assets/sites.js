/* Where to build next: fields for limits, and lists of candidates, which are brought as files. */
(function () {
  "use strict";

  const { h, sayer, request, post, toast } = window.citygrid;
  const SYSTEMS = [["gcj02", "GCJ-02"], ["bd09", "BD-09"], ["EPSG:4326", "WGS 84"], ["EPSG:4490", "CGCS2000"]];
  const ACCEPTED = ".csv,.txt,.tsv,.xlsx,.xls,.geojson,.json";

  // --- a field for one number; empty is no limit -----------------------------------------------
  function field(place) {
    const { name, value, most, label, why } = place.dataset;
    const id = `wish-${name}`;
    const held = document.activeElement?.id === id;
    const input = h("input", { class: "cg-input", type: "number", id, min: "1", max: most, step: "1", value, inputmode: "numeric", title: why });
    input.addEventListener("change", () => {
      if (!input.reportValidity()) return;
      window.citygrid.tell("set", [name, input.value === "" ? null : Number(input.value)]);
    });
    place.replaceChildren(h("label", { class: "cg-field", title: why }, h("span", {}, label), input, h("small", {}, why)));
    if (held) input.focus({ preventScroll: true });
  }

  // --- bringing a list -------------------------------------------------------------------------
  async function bring(file, name, crs, shared) {
    return request("coverage/candidates", { name, file: file.name, crs, shared: String(shared) }, {
      method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file,
    });
  }

  function form(place) {
    const words = sayer(JSON.parse(place.dataset.words));
    const file = h("input", { class: "cg-input", type: "file", id: "candidates-file", accept: ACCEPTED, required: true });
    const name = h("input", { class: "cg-input", id: "candidates-name", required: true, maxlength: place.dataset.longest, autocomplete: "off" });
    const crs = h("select", { class: "cg-input", id: "candidates-crs" },
      h("option", { value: "" }, words("crs_guess")), SYSTEMS.map(([value, text]) => h("option", { value }, text)));
    const shared = h("input", { type: "checkbox", id: "candidates-shared" });
    const send = h("button", { class: "cg-button", type: "submit", id: "candidates-bring" }, words("bring"));
    const said = h("p", { class: "cg-quiet", role: "status" });
    file.addEventListener("change", () => {
      if (!name.value && file.files[0]) name.value = file.files[0].name.replace(/\.[^.]*$/, "").slice(0, Number(place.dataset.longest));
    });
    const submit = async (event) => {
      event.preventDefault();
      send.disabled = true;
      said.className = "cg-quiet";
      said.textContent = words("bringing");
      try {
        const made = await bring(file.files[0], name.value, crs.value, shared.checked);
        toast(words("brought", made));
        window.citygrid.tell("set", ["source", `list:${made.id}`]);
        said.textContent = "";
        event.target.reset();
      } catch (error) {
        said.className = "cg-reveal-refused";
        said.textContent = error.message;
      }
      send.disabled = false;
    };
    place.replaceChildren(h("form", { class: "cg-scenario-form", onsubmit: submit },
      h("label", { class: "cg-field" }, h("span", {}, words("file")), file),
      h("label", { class: "cg-field" }, h("span", {}, words("called")), name),
      h("label", { class: "cg-field" }, h("span", {}, words("crs")), crs),
      h("label", { class: "cg-scenario-shared" }, shared, words("shared")), send, said));
  }

  // Asked once more before it is gone.
  async function putAway(button) {
    if (!button.dataset.asked) {
      button.dataset.asked = "yes";
      button.replaceChildren(button.dataset.sure);
      button.className = "cg-button";
      return;
    }
    try {
      await post(`coverage/candidates/${button.dataset.number}/delete`, {});
      window.citygrid.tell("set", ["source", ""]);
    } catch (error) {
      toast(error.message);
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-does=candidates-delete]");
    if (button) putAway(button);
  });

  // Drawn by the server, empty; filled here as soon as they are there, and again when they say another thing.
  function fill() {
    for (const place of document.querySelectorAll("#next [data-part=wish]")) {
      const told = JSON.stringify({ ...place.dataset, told: "" });
      if (place.dataset.told !== told) {
        place.dataset.told = told;
        field(place);
      }
    }
    const place = document.querySelector("#next [data-part=candidates]");
    if (place && place.dataset.told !== place.dataset.words) {
      place.dataset.told = place.dataset.words;
      form(place);
    }
  }

  new MutationObserver(fill).observe(document.body, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-value", "data-name", "data-label", "data-words"],
  });
})();
