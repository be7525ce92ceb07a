/* Asks for the page and its callbacks while the scripts that draw it are still being read. The server
   lays the page for the address and for what the browser remembers: nothing is asked again. */
(function () {
  "use strict";

  const told = new URLSearchParams({
    search: location.search,
    system: window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
  });
  for (const name of ["language", "theme"]) {
    let value = null;
    try { value = localStorage.getItem("citygrid." + name); } catch { /* private */ }
    if (value) told.set(name, value);
  }
  // What goes wrong comes as a page that says so.
  const ask = (address) => fetch(address, { headers: { Accept: "application/json, text/html;q=0.5" } });
  window.citygrid_asked_at = performance.now();
  // By the name Dash asks for each by.
  window.citygrid_asked = { "_dash-layout": ask(`opening?${told}`), "_dash-dependencies": ask("_dash-dependencies") };
})();
