/* Named filters of incidents: kept under a name, renamed, shared with the posts of a place, deleted. */
(function () {
  "use strict";

  const { h, sayer, post, handling } = window.citygrid;

  function dialogOf(box, { title, name, place, send, remove }) {
    const say = sayer(JSON.parse(box.dataset.words));
    const fault = h("p", { class: "cg-reveal-refused", role: "alert" });
    const dialog = h("dialog", { class: "cg-dialog cg-dialog-order", "aria-label": title });
    const attempt = async (work) => {
      const buttons = dialog.querySelectorAll(".cg-button-main, .cg-button-grave");
      for (const button of buttons) button.disabled = true;
      fault.textContent = "";
      try {
        await work();
        dialog.close();
        handling.changed();
      } catch (error) {
        fault.textContent = error.message;
      } finally {
        for (const button of buttons) button.disabled = false;
      }
    };
    const given = (form) => {
      const [kind, number] = form.elements.place.value.split(":");
      return { name: form.elements.name.value.trim(), ...(number ? { [`${kind}_id`]: Number(number) } : {}) };
    };
    dialog.append(h("form", {
      method: "dialog",
      onsubmit(event) {
        event.preventDefault();
        attempt(() => send(given(event.target)));
      },
    }, h("h2", { class: "cg-title" }, title),
    h("label", { class: "cg-field" }, h("span", {}, say("saved.name")),
      h("input", { class: "cg-input", name: "name", required: true, maxlength: "60", autocomplete: "off", value: name })),
    h("label", { class: "cg-field" }, h("span", {}, say("saved.for")),
      h("select", { class: "cg-input", name: "place" }, JSON.parse(box.dataset.places).map(
        ([key, said]) => h("option", { value: key, selected: key === place }, said)))),
    h("p", { class: "cg-quiet" }, say("saved.hint")), fault,
    h("div", { class: "cg-dialog-foot" },
      remove ? h("button", { type: "button", class: "cg-button cg-button-grave cg-saved-delete", onclick: () => attempt(remove) }, say("saved.delete")) : null,
      h("button", { type: "button", class: "cg-button cg-button-plain", onclick: () => dialog.close() }, say("saved.cancel")),
      h("button", { type: "submit", class: "cg-button cg-button-main" }, say("saved.save")))));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("input").select();
  }

  function keep(button) {
    const box = button.closest("[data-places]");
    const say = sayer(JSON.parse(box.dataset.words));
    dialogOf(box, {
      title: say("saved.keep"), name: "", place: "",
      send: (given) => post("incidents/filters", { ...given, query: location.search }),
    });
  }

  function edit(button) {
    const box = button.closest("[data-places]");
    const { filter, name, place } = button.dataset;
    const say = sayer(JSON.parse(box.dataset.words));
    dialogOf(box, {
      title: say("saved.edit", { name }), name, place,
      send: (given) => post(`incidents/filters/${filter}`, given),
      remove: () => post(`incidents/filters/${filter}/delete`, {}),
    });
  }

  const DOES = { "filter-keep": keep, "filter-edit": edit };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-does]");
    if (button) DOES[button.dataset.does]?.(button);
  });
})();
