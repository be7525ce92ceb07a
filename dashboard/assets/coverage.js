/* The page of standard indicators: a dialog that is open while the view says so. */
(function () {
  "use strict";

  const box = () => document.querySelector("[data-part=standards]");

  window.citygrid.standards = (view) => {
    const isOn = Boolean(view && view.mode === "coverage" && view.sheet);
    if (isOn && !box().open) box().showModal();
    else if (!isOn && box().open) box().close();
    return window.dash_clientside.no_update;
  };

  // Closed by Escape or by its button: the address says so, too.
  document.addEventListener("close", (event) => {
    const { view } = window.citygrid;
    if (event.target === box() && view?.mode === "coverage" && view.sheet) window.citygrid.tell("sheet", false);
  }, true);

  document.addEventListener("click", (event) => {
    const does = event.target.closest?.("[data-does]")?.dataset.does;
    // Who goes to a unit wants to see it.
    if (event.target.closest?.("[data-part=standards] .cg-link")) box().close();
    if (does === "standards") window.citygrid.tell("sheet", true);
    else if (does === "standards-close") box().close();
  });
})();
