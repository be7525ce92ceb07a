/* Asks before a page is left on which something was typed and not sent: a report, a comment, what is
   said with a step. What the program leaves by itself, because nobody is signed in any more, it
   does not ask about: what is on screen shall not stay there. */
(function () {
  "use strict";

  const FIELDS = "#intake form :is(input, textarea), #case :is(input, textarea), dialog[open] :is(input, textarea)";
  const TYPED = ["text", "textarea", "tel"];
  let isOver = false;

  /* A report is drawn anew with what was typed; elsewhere what stands there at first was not. */
  const isTyped = (field) => TYPED.includes(field.type) && field.value.trim() !== ""
    && (field.value !== field.defaultValue || field.closest("#intake") !== null);

  function isUnsent() {
    return [...document.querySelectorAll(FIELDS)].some(isTyped) || document.querySelector(".cg-file-drop") !== null;
  }

  window.addEventListener("beforeunload", (event) => {
    if (!isOver && isUnsent()) event.preventDefault();
  });

  Object.assign(window.citygrid, { over() { isOver = true; location.reload(); } });
})();
