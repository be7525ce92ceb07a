/* The page of standard indicators, the list of what is not reached and the report of the streets:
   dialogs that are open while the view says so. */
(function () {
  "use strict";

  // The field of the view that says so, and what it says of a dialog that is closed.
  const DIALOGS = { standards: ["sheet", false], gaps: ["listed", null], streets: ["streets", false] };
  const dialog = (name) => document.querySelector(`[data-part=${name}]`);

  for (const [name, [field, closed]] of Object.entries(DIALOGS)) {
    window.citygrid[name] = (view) => {
      const isOn = Boolean(view && view.mode === "coverage" && view[field] !== closed);
      if (isOn && !dialog(name).open) dialog(name).showModal();
      else if (!isOn && dialog(name).open) dialog(name).close();
      return window.dash_clientside.no_update;
    };
  }

  // The card of a house that was clicked stands below the question: it comes into view.
  window.citygrid.reached = () => {
    requestAnimationFrame(() => {
      document.querySelector("#reached [data-covered]")?.closest("section").scrollIntoView({ block: "start" });
    });
  };

  // Closed by Escape or by its button: the address says so, too.
  document.addEventListener("close", (event) => {
    const { view } = window.citygrid;
    const [field, closed] = DIALOGS[event.target.dataset?.part] ?? [];
    if (field && view?.mode === "coverage" && view[field] !== closed) window.citygrid.tell(field, closed);
  }, true);

  // Without a secure address the browser has no clipboard to write to; a field that is selected does.
  async function copy(button) {
    const { text, done } = button.dataset;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
      button.focus();
    }
    button.lastChild.textContent = done;
  }

  // The draft opens in the boundaries mode, for whoever drew it to look at and change.
  async function draft(button) {
    const fault = button.nextElementSibling;
    button.disabled = true;
    try {
      const { order } = await window.citygrid.post(button.dataset.path, {});
      window.citygrid.tell("order", String(order));
    } catch (error) {
      fault.textContent = error.message;
    }
    button.disabled = false;
  }

  document.addEventListener("click", (event) => {
    const does = event.target.closest?.("[data-does]")?.dataset.does;
    // Who goes to a unit, a house or a street wants to see it; what opens another list stays in it.
    const around = event.target.closest?.(".cg-link")?.closest("dialog");
    if (!does && around?.dataset.part in DIALOGS) around.close();
    if (does === "gaps") window.citygrid.tell("listed", Number(event.target.closest("[data-does]").dataset.unit));
    if (does === "areas-draft") draft(event.target.closest("[data-does]"));
    if (does === "copy-figure") copy(event.target.closest("[data-does]"));
    if (does === "standards") window.citygrid.tell("sheet", true);
    if (does === "streets") window.citygrid.tell("streets", true);
    if (does?.endsWith("-close") && does.slice(0, -6) in DIALOGS) dialog(does.slice(0, -6)).close();
  });
})();
