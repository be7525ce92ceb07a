/* What is done with an incident: the next step, the others, comments. The server checks all anew. */
(function () {
  "use strict";

  const { h, sayer, post, toast } = window.citygrid;
  const changed = () => window.citygrid.tell("news", ["incidents"]);

  /* So many days from now, as the field writes it: on the clock of who looks. */
  function clocked(days) {
    const then = new Date(Date.now() + days * 24 * 3600e3);
    return new Date(then - then.getTimezoneOffset() * 60e3).toISOString().slice(0, 16);
  }

  const area = (name, rows) => h("textarea", { class: "cg-textarea", rows, maxlength: "1000", name, required: true });
  /* A moment to come, no later than what the server takes (LONGEST_WAIT of layers/handling/effects.py):
     what is wrong with another one the browser says beside the field. */
  const moment = (more = {}) => h("input", {
    class: "cg-input", name: "until", type: "datetime-local", required: true, min: clocked(0), max: clocked(1000), ...more,
  });
  const FIELDS = {
    reason: () => area("reason", "2"),
    // What the rules say stands there already; whoever dispatches may choose otherwise.
    body: (say, box) => [
      h("select", { class: "cg-input", name: "body_id" },
        h("option", { value: "" }, say("case_ask.territory")),
        JSON.parse(box.dataset.bodies).map(({ id, name }) => h("option", {
          value: String(id), ...(String(id) === box.dataset.body ? { selected: true } : {}),
        }, name))),
      box.dataset.by ? h("small", { class: "cg-quiet" }, box.dataset.by) : null,
    ],
    case: () => h("input", { class: "cg-input", name: "other_key", required: true, autocomplete: "off" }),
    time: () => h("input", { class: "cg-input", name: "amount", type: "number", min: "1", max: "10000", step: "1", required: true }),
    words: () => area("note", "3"),
    text: () => area("note", "3"),
    answer_by: () => moment({ value: clocked(1) }),
    day: () => moment(),
    grade: () => h("input", { class: "cg-input", name: "grade", type: "number", min: "1", max: "5", step: "1", required: true }),
  };
  // Said first, then by when.
  const FIRST = ["words", "text"];

  function valuesOf(form) {
    const given = Object.fromEntries(new FormData(form));
    const told = {};
    for (const [name, value] of Object.entries(given)) {
      if (value === "") continue;
      told[name] = ["body_id", "amount", "grade"].includes(name) ? Number(value)
        : name === "until" ? new Date(value).toISOString() : value.trim();
    }
    return told;
  }

  /* Asks for what must be said with an act, and sends it; stays open with the reason where that is
     refused. The box has the words and the duty bodies. */
  function ask(box, what, { needs, title, isGrave = false, send }) {
    const say = sayer(JSON.parse(box.dataset.words));
    const wanted = (needs ? needs.split(",") : []).sort((one, other) => FIRST.includes(other) - FIRST.includes(one));
    const controls = Object.fromEntries(wanted.map((need) => [need, FIELDS[need](say, box)]));
    const fault = h("p", { class: "cg-reveal-refused", role: "alert" });
    const note = h("textarea", { class: "cg-textarea", rows: "2", maxlength: "1000", name: "note" });
    const labelled = (name, control) => h("label", { class: "cg-field" },
      h("span", {}, name === "time" ? `${say("case_ask.time")} (${box.dataset.unit})` : say(`case_ask.${name}`)), control);
    // In sentences it is a word among others.
    const called = say(`case_act.${what}`).replace(/^./, (first) => first.toUpperCase());
    const go = h("button", { type: "submit", class: isGrave ? "cg-button cg-button-grave" : "cg-button cg-button-main" }, called);
    const dialog = h("dialog", { class: "cg-dialog cg-dialog-order", "aria-label": title ?? called },
      h("form", {
        method: "dialog",
        async onsubmit(event) {
          event.preventDefault();
          go.disabled = true;
          fault.textContent = "";
          try {
            await send(valuesOf(event.target));
            dialog.close();
          } catch (error) {
            fault.textContent = error.message;
          } finally {
            go.disabled = false;
          }
        },
      }, h("h2", { class: "cg-title" }, title ?? called),
      wanted.map((need) => labelled(need, controls[need])),
      wanted.includes("case") ? window.citygrid.linking.known(say, box, controls.case) : null,
      wanted.some((need) => FIRST.includes(need)) ? null : labelled("note", note), fault,
      h("div", { class: "cg-dialog-foot" },
        h("button", { type: "button", class: "cg-button cg-button-plain", onclick: () => dialog.close() }, say("case_ask.cancel")), go)));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("select, input, textarea")?.focus();
  }

  function act(button) {
    const box = button.closest("[data-words]");
    const one = button.closest("[data-case]");
    const what = button.dataset.does.split(" ")[1];
    // As it was seen when the words were asked for: what others do meanwhile is not overwritten.
    const { case: key, version } = one.dataset;
    button.closest("details")?.removeAttribute("open");
    ask(box, what, {
      needs: button.dataset.needs,
      isGrave: button.classList.contains("cg-button-grave"),
      async send(said) {
        await post(`incidents/${encodeURIComponent(key)}/acts/${what}`, { seen_version: Number(version), ...said });
        changed();
      },
    });
  }

  // What is typed of a comment outlives a panel that is drawn anew, as it is by whatever others do.
  const typed = new Map();
  let field = null;
  const written = () => document.getElementById("case-comment");
  const commented = () => document.querySelector("#case [data-does=case-comment]")?.dataset.case ?? "";

  document.addEventListener("input", ({ target }) => {
    if (target.id === "case-comment") typed.set(commented(), target.value);
  });

  new MutationObserver(() => {
    const there = written();
    if (!there || there === field) return;
    field = there;
    field.value = typed.get(commented()) ?? "";
  }).observe(document, { childList: true, subtree: true });

  async function comment(button) {
    const text = written().value.trim();
    if (!text) return written().focus();
    button.disabled = true;
    try {
      await post(`incidents/${encodeURIComponent(button.dataset.case)}/comments`, { text });
      typed.delete(button.dataset.case);
      if (written() && commented() === button.dataset.case) written().value = "";
      changed();
    } catch (error) {
      toast(error.message);
    } finally {
      button.disabled = false;
    }
  }

  async function seen(button) {
    button.disabled = true;
    try {
      await post(`incidents/${encodeURIComponent(button.dataset.case)}/notices/seen`, {});
      changed();
    } catch (error) {
      button.disabled = false;
      toast(error.message);
    }
  }

  const DOES = { "case-act": act, "case-comment": comment, "case-told": seen };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-does]");
    if (button) DOES[button.dataset.does.split(" ")[0]]?.(button);
  });

  window.citygrid.handling = { act, ask, changed };
})();
