/* Incidents by keys alone: report one, go to the list, do the next step, comment, send. What they
   are is listed behind "?" (panels/shortcuts.py). */
(function () {
  "use strict";

  const WRITTEN_IN = "input, textarea, select, [contenteditable=true]";
  const NEXT = "#case .cg-case-acts > .cg-button-main";
  // Where the focus rests in a panel when what had it is gone: the first of these that is seen.
  const RESTS = {
    case: [NEXT, "#case .cg-case-tools > :last-child"],
    cases: ["#cases .cg-order[aria-current=true]", "#cases .cg-order", ".cg-board .cg-card-open", "#cases .cg-ask[aria-pressed=true]"],
  };
  // What was reported is open then.
  RESTS.intake = RESTS.case;
  // What gets the focus as soon as it is drawn, and the panel that the keys are used in.
  let awaited = null;
  let panel = null;

  const seen = (selectors) => selectors.map((each) => document.querySelector(each))
    .find((element) => element?.getClientRects().length);

  function reach(selectors) {
    const found = seen(selectors);
    found?.focus();
    return Boolean(found);
  }

  function report() {
    const { mode } = window.citygrid.view;
    if (mode !== "incidents") window.citygrid.tell("mode", "incidents");
    const field = ["#intake-where"];
    // Who reports nothing has no field; then there is nothing to wait for longer than the next key.
    if (!reach(field)) awaited = field;
  }

  function next() {
    const card = document.activeElement.closest?.(".cg-board .cg-card");
    const button = card ? card.querySelector("[data-does^=case-act]") : seen([NEXT]);
    // It has the focus again when its dialog closes.
    if (!card) button?.focus();
    button?.click();
  }

  const KEYS = {
    l: () => reach(RESTS.cases),
    c: () => reach(["#case-comment"]),
    ".": next,
  };

  document.addEventListener("keydown", (event) => {
    awaited = null;
    panel = event.target.closest?.("#case, #cases, #intake")?.id ?? panel;
    const { view } = window.citygrid;
    if (!view || event.defaultPrevented || event.altKey) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key === "Enter") send(event);
      return;
    }
    // What is written, or asked for in a dialog, is nothing else; and borders have keys of their own.
    if (event.isComposing || event.target.closest?.(`dialog, [role=dialog], ${WRITTEN_IN}`)) return;
    const key = event.key.toLowerCase();
    if (key === "n" && view.mode !== "boundaries") report();
    else if (view.mode === "incidents" && key in KEYS) KEYS[key]();
    else {
      // What closes gives the focus to its line in the list.
      if (key === "escape" && view.mode === "incidents" && view.case) reach(RESTS.cases);
      return;
    }
    event.preventDefault();
  });
  document.addEventListener("pointerdown", () => { awaited = panel = null; }, true);

  /* Sends the form that is written in, or the comment: Enter alone begins a line there. */
  function send(event) {
    const { form, id } = event.target;
    if (id === "case-comment") document.querySelector("#case [data-does=case-comment]")?.click();
    // Its button says who sends it, and rests while it is being sent.
    else if (form) [...form.elements].find((one) => one.type === "submit")?.click();
    else return;
    event.preventDefault();
  }

  // Panels are drawn anew by what was done, and would take the focus with them.
  new MutationObserver(() => {
    if (awaited && reach(awaited)) {
      awaited = null;
      return;
    }
    const isLost = !document.activeElement || document.activeElement === document.body;
    if (panel in RESTS && isLost && !document.querySelector("dialog[open]")) seen(RESTS[panel])?.focus({ preventScroll: true });
  }).observe(document, { childList: true, subtree: true });
})();
