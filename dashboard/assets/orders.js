/* What is done with change orders beside drawing: beginning one, deciding, commenting, naming.
   Texts come from the catalogue, as JSON on the buttons; the server checks everything anew. */
(function () {
  "use strict";

  const { h, sayer, post, toast } = window.citygrid;

  /* A dialog that asks something and carries it out; a refusal is said in it. */
  function dialog({ title, parts, confirm, cancel, does, isMain = true }) {
    const fault = h("p", { class: "cg-reveal-refused", role: "alert" });
    const go = h("button", { type: "submit", class: isMain ? "cg-button cg-button-main" : "cg-button cg-button-grave" }, confirm);
    const box = h("dialog", { class: "cg-dialog cg-dialog-order", "aria-label": title },
      h("form", {
        method: "dialog",
        async onsubmit(event) {
          event.preventDefault();
          go.disabled = true;
          fault.textContent = "";
          try {
            await does();
            box.close();
          } catch (error) {
            fault.textContent = error.message;
          } finally {
            go.disabled = false;
          }
        },
      },
      h("h2", { class: "cg-title" }, title), parts, fault,
      h("div", { class: "cg-dialog-foot" },
        h("button", { type: "button", class: "cg-button cg-button-plain", onclick: () => box.close() }, cancel), go)));
    box.addEventListener("close", () => box.remove());
    document.body.append(box);
    box.showModal();
    return box;
  }

  const changed = () => window.citygrid.tell("news", ["orders"]);

  // --- a new order ------------------------------------------------------------------------------
  function begin(button) {
    const say = sayer(JSON.parse(button.dataset.words));
    const units = JSON.parse(button.dataset.units);
    const first = units.find((unit) => unit.picked && unit.held) || units.find((unit) => unit.picked) || units[0];
    const title = h("input", { class: "cg-input", type: "text", maxlength: "120", placeholder: say("orders.new_title_hint"), id: "order-title" });
    const named = () => {
      const chosen = units.filter((unit) => list.querySelector(`[value="${unit.id}"]`).checked);
      return say("orders.titled", { place: chosen.map((unit) => unit.name).join("、") });
    };
    const list = h("fieldset", { class: "cg-choice-list" }, h("legend", {}, say("orders.new_where")),
      units.map((unit) => h("label", { class: "cg-choice" },
        h("input", { type: "checkbox", name: "unit", value: String(unit.id), checked: unit === first }),
        h("span", {}, h("strong", {}, unit.name), h("small", {}, unit.where)),
        h("small", { class: "cg-quiet" }, say(unit.held ? "orders.new_mine" : "orders.new_picked")))));
    dialog({
      title: say("orders.new"),
      parts: [list, h("label", { class: "cg-label", for: "order-title" }, say("orders.new_title")), title,
        h("p", { class: "cg-quiet" }, say("orders.new_why"))],
      confirm: say("orders.begin"), cancel: say("orders.cancel"),
      async does() {
        const within = [...list.querySelectorAll(":checked")].map((box) => Number(box.value));
        const made = await post("orders", { title: title.value.trim() || named(), within, zoning: "main" });
        window.citygrid.tell("order", made.id);
      },
    });
    title.focus();
  }

  // --- decisions --------------------------------------------------------------------------------
  function answersGiven() {
    const fields = [...document.querySelectorAll("#edit-remarks [data-remark] [data-answer]")];
    return Object.fromEntries(fields
      .map((field) => [field.closest("[data-remark]").dataset.remark, field.value.trim()])
      .filter(([, words]) => words));
  }

  function act(button) {
    const [, order, what] = button.dataset.does.split(" ");
    const say = sayer(JSON.parse(button.dataset.words));
    const isSubmit = what === "submit";
    const note = h("textarea", { class: "cg-textarea", rows: "2", maxlength: "1000", id: "act-note" });
    const day = h("input", { type: "date", class: "cg-input", name: "day", "aria-label": say("order_ask.on_day") });
    const radio = (value, text, isOn) => h("label", { class: "cg-choice" },
      h("input", { type: "radio", name: "when", value, checked: isOn }), h("span", {}, text));
    const when = h("fieldset", { class: "cg-choice-list" }, h("legend", {}, say("order_ask.when")),
      radio("once", say("order_ask.at_once"), true), radio("day", say("order_ask.on_day"), false), day);
    day.addEventListener("input", () => { when.querySelector("[value=day]").checked = true; });
    dialog({
      title: say(`order_do.${what}`),
      isMain: button.classList.contains("cg-button-main"),
      parts: [h("p", {}, say(`order_why.${what}`)),
        h("label", { class: "cg-label", for: "act-note" }, say(isSubmit ? "order_ask.reason" : "order_ask.note")), note,
        isSubmit ? when : null],
      confirm: say(`order_do.${what}`), cancel: say("orders.cancel"),
      async does() {
        if (button.dataset.needsNote === "true" && !note.value.trim()) throw new Error(say("order_ask.note_needed"));
        if (what === "reverse") {
          const made = await post(`orders/${order}/reverse`, { note: note.value.trim() });
          window.citygrid.tell("order", made.id);
          return;
        }
        const body = { act: what, note: note.value.trim() };
        if (isSubmit) {
          body.answers = answersGiven();
          if (when.querySelector(":checked").value === "day" && day.value) body.effective_on = day.value;
        }
        const told = await post(`orders/${order}/act`, body);
        changed();
        // What stood against it before may stand against it still: then nothing on the page moves.
        if (told.failure) toast(told.failure.sentence);
      },
    });
  }

  // --- comments, notices, titles ----------------------------------------------------------------
  let place = null;

  function pinButton(isOn) {
    const button = document.querySelector("[data-does=comment-pin]");
    if (!button) return;
    button.setAttribute("aria-pressed", String(isOn));
    button.lastElementChild.textContent = isOn && place ? button.dataset.pinned : button.dataset.pin;
  }

  function pin() {
    const isOn = document.querySelector("[data-does=comment-pin]").getAttribute("aria-pressed") === "true";
    place = null;
    window.citygrid.edit.set(isOn ? { tool: "look", purpose: "" } : { tool: "look", purpose: "pin" });
    pinButton(!isOn);
  }

  /* What the map says of pins: where one is to go, or which was clicked. */
  function pinned(told) {
    if (told?.lngLat) {
      place = told.lngLat;
      pinButton(true);
      document.querySelector("[data-part=comment]")?.focus();
    } else if (told?.comment !== undefined) {
      const row = document.querySelector(`[data-comment="${told.comment}"]`);
      row?.scrollIntoView({ block: "nearest" });
      row?.animate([{ background: "var(--cg-tint)" }, { background: "transparent" }], 1200);
    }
    return window.dash_clientside.no_update;
  }

  async function comment(order) {
    const field = document.querySelector("[data-part=comment]");
    const text = field.value.trim();
    if (!text) return field.focus();
    try {
      await post(`orders/${order}/comments`, { text, at: place });
      field.value = "";
      place = null;
      pinButton(false);
      changed();
    } catch (error) {
      toast(error.message);
    }
  }

  async function seen(ids) {
    await post("orders/notices/seen", { ids: ids.split(",").map(Number) });
    changed();
  }

  // --- the impact sheet -------------------------------------------------------------------------
  const sheetBox = () => document.querySelector("[data-part=sheet]");

  /* Open once there is something in it, closed when there is not. */
  function sheet() {
    const box = sheetBox();
    const isOn = Boolean(window.citygrid.view?.sheet && document.getElementById("sheet").childElementCount);
    if (isOn && !box.open) box.showModal();
    else if (!isOn && box.open) box.close();
  }
  document.addEventListener("close", (event) => {
    if (event.target === sheetBox() && window.citygrid.view?.sheet) window.citygrid.tell("sheet", false);
  }, true);

  let looks = 0;
  function look(x, y) {
    const half = 0.0012;
    const bounds = [Number(x) - half, Number(y) - half, Number(x) + half, Number(y) + half];
    window.dash_clientside.set_props("map", { fit: { bounds, n: 1e6 + ++looks } });
  }

  const DOES = {
    "order-new": begin,
    "order-act": act,
    "comment-pin": pin,
    "comment-send": (button) => comment(button.dataset.does.split(" ")[1]),
    sheet: () => window.citygrid.tell("sheet", true),
    "sheet-close": () => sheetBox().close(),
    "notices-seen": (button) => seen(button.dataset.does.split(" ")[1]),
    look: (button) => look(...button.dataset.does.split(" ").slice(1)),
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-does]");
    if (button) DOES[button.dataset.does.split(" ")[0]]?.(button);
  });

  // The title is saved when the field is left; Enter leaves it.
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.("[data-renames]")) return;
    if (event.key === "Enter") {
      event.preventDefault();
      event.target.blur();
    }
  });
  document.addEventListener("focusout", async (event) => {
    const field = event.target;
    if (!field.matches?.("[data-renames]")) return;
    const title = field.value.trim();
    if (!title) field.value = field.defaultValue;
    if (!title || title === field.defaultValue) return;
    try {
      await post(`orders/${field.dataset.renames}/title`, { title });
      changed();
    } catch (error) {
      toast(error.message);
    }
  });

  Object.assign(window.citygrid, { orders: { pinned, sheet } });
})();
