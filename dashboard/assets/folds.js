/* What unfolds: what a reader opened or closed stays so when its panel is drawn anew, and what has the
   focus in it keeps it, with what is being typed. */
(function () {
  "use strict";

  const DONE = "#case .cg-case-more [data-does]";
  const TYPED = "textarea, input:not([type=file], [type=checkbox], [type=radio])";
  const does = (one) => one.dataset.does ?? (one.id || one.tagName);
  // Those that a reader opened or closed; the others are as they were drawn.
  const meant = new WeakSet();
  const sent = new WeakSet();
  // How those were left that went with their panel, until they are back.
  const gone = new Map();
  // What had the focus last, in which fold; and what somebody is typing whose field is not back yet.
  let focused = null;
  let typing = null;

  /* What tells a fold from others; of one that is gone, with what stood above it. Its counts change. */
  function told(fold, above) {
    if (fold.id) return fold.id;
    const [panel, about] = ["[id]", "[data-case]"].map((each) => fold.closest(each) ?? above?.closest?.(each));
    const summary = fold.querySelector("summary");
    const name = fold.dataset.fold ?? summary?.dataset.points ?? summary?.textContent.replace(/\d+/g, "");
    return [panel?.id, fold.className, about?.dataset.case, name].join(" ");
  }

  function leave(fold, above) {
    const one = focused?.fold === fold ? focused.one : null;
    const isTyped = one?.id && one.matches(TYPED) && one.value !== one.defaultValue && !sent.has(one.form);
    if (isTyped) typing = { id: one.id, value: one.value };
    gone.set(told(fold, above), { isOpen: fold.open, focus: one && does(one) });
  }

  function back(fold) {
    const key = told(fold);
    if (meant.has(fold) || !gone.has(key)) return;
    const { isOpen, focus } = gone.get(key);
    gone.delete(key);
    meant.add(fold);
    fold.open = isOpen;
    const rests = [...fold.querySelectorAll("summary, button, a, input, textarea, select")].find((one) => does(one) === focus);
    rests?.focus({ preventScroll: true });
  }

  /* A field that a script draws comes after its fold. */
  function write() {
    const field = document.getElementById(typing.id);
    if (!field) return;
    field.value = typing.value;
    typing = null;
  }

  document.addEventListener("focusin", ({ target }) => {
    const fold = target.closest?.("details");
    focused = fold ? { fold, one: target } : null;
  });
  document.addEventListener("click", ({ target }) => {
    const fold = target.closest?.("summary")?.closest("details");
    if (fold) meant.add(fold);
    // What is chosen closes a menu: it would open again once that is done.
    const chosen = target.closest?.(DONE);
    if (chosen) chosen.closest("details").open = false;
  });
  document.addEventListener("submit", ({ target }) => sent.add(target), true);
  document.addEventListener("input", ({ target }) => { if (target.form) sent.delete(target.form); });
  // Of what did not come back by then nothing opens later.
  for (const type of ["keydown", "pointerdown"]) {
    document.addEventListener(type, ({ target, key }) => {
      gone.clear();
      typing = null;
      // Left on purpose.
      if (key === "Escape" || (type === "pointerdown" && !focused?.fold.contains(target))) focused = null;
    }, true);
  }

  new MutationObserver((records) => {
    for (const { removedNodes, target } of records) {
      for (const node of removedNodes) {
        const folds = node.querySelectorAll ? [node, ...node.querySelectorAll("details")] : [];
        for (const fold of folds) if (meant.has(fold)) leave(fold, target);
      }
    }
    if (gone.size) document.querySelectorAll("details").forEach(back);
    if (typing) write();
  }).observe(document, { childList: true, subtree: true });
})();
