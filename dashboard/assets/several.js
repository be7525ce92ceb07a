/* Several incidents of the list chosen, and the same done with all of them. What is chosen stays in
   the browser; the server answers with a verdict for each. */
(function () {
  "use strict";

  const { h, icon, sayer, post, handling } = window.citygrid;
  let chosen = new Set();
  // Where a row of them begins.
  let anchor = null;

  const panel = () => document.getElementById("cases");
  const bar = () => document.getElementById("cases-several");
  const rows = () => [...(panel()?.querySelectorAll("li[data-key]") ?? [])];
  const rowOf = (element) => element?.closest?.("#cases li[data-key]");

  // --- choosing -------------------------------------------------------------------------------
  function choose(row, { isRange = false, isOn = null } = {}) {
    const all = rows();
    const from = isRange ? all.findIndex((one) => one.dataset.key === anchor) : -1;
    const to = all.indexOf(row);
    const on = isOn ?? (from >= 0 ? true : !chosen.has(row.dataset.key));
    const some = from < 0 ? [row] : all.slice(Math.min(from, to), Math.max(from, to) + 1);
    for (const one of some) {
      if (on) chosen.add(one.dataset.key);
      else chosen.delete(one.dataset.key);
    }
    if (from < 0) anchor = row.dataset.key;
    show();
  }

  function chooseAll(on) {
    chosen = new Set(on ? rows().map((row) => row.dataset.key) : []);
    show();
  }

  function setChecked(element, state) {
    if (element && element.getAttribute("aria-checked") !== state) element.setAttribute("aria-checked", state);
  }

  function show() {
    const all = rows();
    // What has left the list is not chosen any more: nobody sees how it stands.
    const there = new Set(all.map((row) => row.dataset.key));
    chosen = new Set([...chosen].filter((key) => there.has(key)));
    for (const row of all) setChecked(row.querySelector("[data-pick]"), String(chosen.has(row.dataset.key)));
    setChecked(panel()?.querySelector("[data-pick-all]"),
      chosen.size === 0 ? "false" : chosen.size === all.length ? "true" : "mixed");
    draw(all.filter((row) => chosen.has(row.dataset.key)));
  }

  let drawn = "";
  function draw(some) {
    const box = bar();
    if (!box) return;
    const needs = JSON.parse(box.dataset.needs);
    const able = Object.keys(needs).filter((what) => some.length && some.every((row) => row.dataset.acts.split(" ").includes(what)));
    const key = `${some.length} ${able} ${document.documentElement.lang}`;
    if (drawn === key && box.childElementCount === (some.length ? 2 : 0)) return;
    drawn = key;
    const say = sayer(JSON.parse(box.dataset.words));
    const button = (what) => h("button", {
      type: "button", class: "cg-button cg-button-small", "data-several": what, onclick: () => act(what, needs[what]),
    }, called(say, what));
    box.replaceChildren(...(some.length === 0 ? [] : [
      h("div", { class: "cg-several-head" }, h("strong", {}, say("several.chosen", { n: some.length })),
        h("button", { type: "button", class: "cg-link", title: say("several.hint"), onclick: () => chooseAll(false) }, say("several.clear"))),
      h("div", { class: "cg-several-acts" }, able.length ? able.map(button) : h("span", { class: "cg-quiet" }, say("several.none"))),
    ]));
  }

  /* In sentences it is a word among others. */
  const called = (say, what) => say(`case_act.${what}`).replace(/^./, (first) => first.toUpperCase());

  // --- doing ----------------------------------------------------------------------------------
  function act(what, needs) {
    const box = bar();
    const say = sayer(JSON.parse(box.dataset.words));
    // As they were seen when the words were asked for: what others do meanwhile is not overwritten.
    const some = rows().filter((row) => chosen.has(row.dataset.key))
      .map(({ dataset }) => ({ key: dataset.key, name: dataset.name, seen_version: Number(dataset.version) }));
    handling.ask(box, what, {
      needs,
      isGrave: box.dataset.grave.split(" ").includes(what),
      title: say("several.title", { act: called(say, what), n: some.length }),
      async send(said) {
        const cases = some.map(({ key, seen_version }) => ({ key, seen_version }));
        const { verdicts } = await post(`incidents/acts/${what}`, { cases, ...said });
        chosen = new Set(verdicts.filter((one) => !one.is_done).map((one) => one.key));
        handling.changed();
        told(say, verdicts, new Map(some.map(({ key, name }) => [key, name])));
      },
    });
  }

  /* What became of each; what did not go comes first. */
  function told(say, verdicts, names) {
    const ordered = [...verdicts].sort((one, other) => one.is_done - other.is_done);
    const done = verdicts.filter((one) => one.is_done).length;
    const line = (one) => h("li", { class: one.is_done ? "cg-verdict" : "cg-verdict cg-verdict-failed" },
      icon(one.is_done ? "check" : "close"),
      h("span", {}, h("strong", {}, names.get(one.key)), " ", h("small", { class: "cg-quiet" }, one.key)),
      h("p", {}, one.is_done ? say("several.is_done") : one.error));
    const title = say("several.done", { done, failed: verdicts.length - done });
    const dialog = h("dialog", { class: "cg-dialog cg-dialog-order", "aria-label": title },
      h("form", { method: "dialog" },
        h("h2", { class: "cg-title" }, title),
        h("ol", { class: "cg-verdicts" }, ordered.map(line)),
        h("div", { class: "cg-dialog-foot" }, h("button", { class: "cg-button cg-button-main" }, say("several.close")))));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  // --- pointer and keys -----------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-pick-all]")) return chooseAll(chosen.size < rows().length);
    const pick = event.target.closest?.("#cases [data-pick]");
    if (pick) choose(rowOf(pick), { isRange: event.shiftKey });
  });
  // A row of them is no text to be marked.
  document.addEventListener("mousedown", (event) => {
    if (event.shiftKey && event.target.closest?.("#cases [data-pick]")) event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.closest("dialog, input, textarea, select")) return;
    const row = rowOf(event.target);
    if (!row && !(event.key === "Escape" && panel()?.contains(event.target))) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      const next = rows()[rows().indexOf(row) + step];
      if (next) {
        if (event.shiftKey) {
          if (anchor === null || !chosen.has(row.dataset.key)) choose(row, { isOn: true });
          choose(next, { isRange: true });
        }
        next.querySelector(event.target.matches("[data-pick]") ? "[data-pick]" : ".cg-order").focus();
      }
    } else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) chooseAll(true);
    else if (event.key.toLowerCase() === "x" && !event.ctrlKey && !event.metaKey && !event.altKey) choose(row);
    else if (event.key === "Escape" && chosen.size) chooseAll(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);

  new MutationObserver((changes) => {
    if (changes.some(({ target }) => panel()?.contains(target) && !bar()?.contains(target))) show();
  }).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-key", "data-version", "data-acts", "data-words"] });
})();
