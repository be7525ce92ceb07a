/* A form that a page was sent with is sent once: who clicks twice does not mean it twice. */
(function () {
  "use strict";

  let sent = new WeakSet();

  document.addEventListener("submit", (event) => {
    const form = event.target;
    // A dialog's own script sends it, and says itself when it may be sent again.
    if (event.defaultPrevented || form.method !== "post") return;
    if (sent.has(form)) event.preventDefault();
    else sent.add(form);
  });
  // Gone back to, it may be sent anew.
  window.addEventListener("pageshow", () => { sent = new WeakSet(); });
})();
