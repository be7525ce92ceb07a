/* The table of measures: a dialog that is open while the view says so. Its numbers, and those of the
   panel, lead to the cases that they count. */
(function () {
  "use strict";

  const box = () => document.querySelector("[data-part=handled]");
  const isShown = (view) => Boolean(view && view.mode === "incidents" && view.sheet);

  window.citygrid.handled = (view) => {
    if (isShown(view) && !box().open) box().showModal();
    else if (!isShown(view) && box().open) box().close();
    return window.dash_clientside.no_update;
  };

  // Closed by Escape or by its button: the address says so, too.
  document.addEventListener("close", (event) => {
    if (event.target === box() && isShown(window.citygrid.view)) window.citygrid.tell("sheet", false);
  }, true);

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-counted], [data-measured-by], [data-measured-on], [data-does=handled-close]");
    if (!button) return;
    const { counted, measuredBy, measuredOn } = button.dataset;
    if (counted !== undefined) window.citygrid.tell("ask", `counted:${counted}`);
    else if (measuredBy !== undefined) window.citygrid.tell("ask", `by:${measuredBy}`);
    else if (measuredOn !== undefined) window.citygrid.tell("ask", `bounds:${measuredOn}`);
    else box().close();
  });
})();
