/* The search box: Enter takes the likeliest of what was found, however soon it is pressed. */
(function () {
  "use strict";

  const OPTION = "[data-combobox-option]";
  const CHOSEN = "[data-combobox-selected]";
  // What Enter was pressed for before the answer was there.
  let wanted = null;
  let answered = null;

  const mantine = (window.dashMantineFunctions = window.dashMantineFunctions || {});
  mantine.everyOption = ({ options }) => options;
  mantine.searchOption = ({ option }) => {
    const make = window.React.createElement;
    return make("div", { className: "cg-found", "data-asked": option.asked },
      make("span", { className: "cg-found-name" }, option.label),
      make("span", { className: "cg-found-where" }, option.where || ""));
  };

  const box = () => document.getElementById("search");
  const listed = () => document.getElementById(box()?.getAttribute("aria-controls"));

  /* The options, once they are those of what is typed; a list stays until the next one is there. */
  function found() {
    const options = [...(listed()?.querySelectorAll(OPTION) ?? [])];
    const asked = options[0]?.querySelector(".cg-found")?.dataset.asked;
    return asked && asked === box().value.trim() ? options : [];
  }

  function press(key) {
    box().dispatchEvent(new KeyboardEvent("keydown", { key, code: key, bubbles: true, cancelable: true }));
  }

  /* What is chosen of the list before stays chosen by its place in it. */
  function chooseFirst(options) {
    press("ArrowDown");
    for (let left = options.length; left > 0 && !options[0].matches(CHOSEN); left -= 1) press("ArrowUp");
  }

  function come() {
    const options = found();
    if (!options.length || answered === box().value) return;
    answered = box().value;
    if (wanted === answered) options[0].click();
    else chooseFirst(options);
    wanted = null;
  }

  const watching = new MutationObserver(come);
  document.addEventListener("focusin", ({ target }) => {
    if (target.id === "search") watching.observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["data-asked"] });
    else watching.disconnect();
  });
  document.addEventListener("focusout", ({ target }) => {
    if (target.id !== "search") return;
    watching.disconnect();
    wanted = answered = null;
  });
  document.addEventListener("input", ({ target }) => {
    if (target.id === "search") wanted = answered = null;
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "search" || event.key !== "Enter" || event.isComposing) return;
    const text = box().value;
    if (!text.trim() || found().length) return;
    // The list is not that of what is typed: it is waited for.
    wanted = text;
    event.preventDefault();
    event.stopPropagation();
  }, true);
})();
