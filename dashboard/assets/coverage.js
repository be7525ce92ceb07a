/* The page of standard indicators, and the list of what is not reached: dialogs that are open while
   the view says so. */
(function () {
  "use strict";

  const box = () => document.querySelector("[data-part=standards]");

  window.citygrid.standards = (view) => {
    const isOn = Boolean(view && view.mode === "coverage" && view.sheet);
    if (isOn && !box().open) box().showModal();
    else if (!isOn && box().open) box().close();
    return window.dash_clientside.no_update;
  };

  const list = () => document.querySelector("[data-part=gaps]");

  window.citygrid.gaps = (view) => {
    const isOn = Boolean(view && view.mode === "coverage" && view.listed !== null);
    if (isOn && !list().open) list().showModal();
    else if (!isOn && list().open) list().close();
    return window.dash_clientside.no_update;
  };

  // The card of a house that was clicked stands below the question: it comes into view.
  window.citygrid.reached = () => {
    requestAnimationFrame(() => {
      document.querySelector("#reached [data-covered]")?.closest("section").scrollIntoView({ block: "start" });
    });
    return window.dash_clientside.no_update;
  };

  // Closed by Escape or by its button: the address says so, too.
  document.addEventListener("close", (event) => {
    const { view } = window.citygrid;
    if (event.target === box() && view?.mode === "coverage" && view.sheet) window.citygrid.tell("sheet", false);
    if (event.target === list() && view?.mode === "coverage" && view.listed !== null) window.citygrid.tell("listed", null);
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
    // Who goes to a unit wants to see it.
    if (event.target.closest?.("[data-part=standards] .cg-link")) box().close();
    // Who goes to a house wants to see it; what opens another list stays in it.
    if (!does && event.target.closest?.("[data-part=gaps] .cg-link")) list().close();
    if (does === "gaps") window.citygrid.tell("listed", Number(event.target.closest("[data-does]").dataset.unit));
    if (does === "gaps-close") list().close();
    if (does === "areas-draft") draft(event.target.closest("[data-does]"));
    if (does === "copy-figure") copy(event.target.closest("[data-does]"));
    if (does === "standards") window.citygrid.tell("sheet", true);
    else if (does === "standards-close") box().close();
  });
})();
