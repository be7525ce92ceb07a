/* Light or dark before the first paint, so that the page does not flash. */
(function () {
  let theme = new URLSearchParams(location.search).get("theme");
  try { theme = theme || localStorage.getItem("citygrid.theme"); } catch { /* private */ }
  const dark = theme === "dark"
    || (theme !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.mantineColorScheme = dark ? "dark" : "light";
})();
