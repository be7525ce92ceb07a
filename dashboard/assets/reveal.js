/* The dialog that unmasks something of a person. What comes is written into the dialog and nowhere
   else, and is gone after half a minute or when the dialog closes. */
(function () {
  "use strict";

  const dialog = () => document.querySelector("[data-part=reveal]");
  const part = (name) => dialog().querySelector(`[data-part=${name}]`);
  let person = null;
  let timer = null;

  function mask() {
    clearInterval(timer);
    timer = null;
    const box = dialog();
    if (!box) return;
    part("values").replaceChildren();
    part("left").textContent = "";
    box.removeAttribute("data-open");
  }

  function open(button) {
    const box = dialog();
    if (!box) return;
    mask();
    person = Number(button.dataset.does.split(" ")[1]);
    const known = button.dataset.fields.split(" ");
    for (const choice of box.querySelectorAll("[data-field]")) {
      choice.hidden = !known.includes(choice.dataset.field);
      choice.setAttribute("aria-pressed", "false");
    }
    part("shown").textContent = button.dataset.shown;
    part("refused").textContent = "";
    box.querySelector("textarea").value = "";
    box.showModal();
  }

  function count(seconds) {
    const until = Date.now() + seconds * 1000;
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      if (left <= 0 || !dialog()?.open) mask();
      else part("left").textContent = dialog().dataset.left.replace("{n}", left);
    };
    timer = setInterval(tick, 250);
    tick();
  }

  function show(values) {
    const box = dialog();
    const lines = Object.entries(values).map(([field, value]) => {
      const line = document.createElement("div");
      const term = document.createElement("dt");
      const said = document.createElement("dd");
      term.textContent = box.querySelector(`[data-field=${field}]`).textContent;
      said.textContent = value ?? box.dataset.unknown;
      line.append(term, said);
      return line;
    });
    part("values").replaceChildren(...lines);
    box.dataset.open = "true";
    count(Number(box.dataset.seconds));
  }

  async function ask() {
    const box = dialog();
    const asked = person;
    part("refused").textContent = "";
    const fields = [...box.querySelectorAll("[data-field][aria-pressed=true]")];
    const body = {
      person: asked,
      fields: fields.map((choice) => choice.dataset.field),
      reason: box.querySelector("textarea").value,
      language: box.dataset.language,
    };
    try {
      const answer = await fetch("reveal", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
        cache: "no-store",
      });
      const told = await answer.json();
      // Closed, or opened for somebody else meanwhile: what came is nobody's to see now.
      if (!dialog()?.open || person !== asked) return;
      if (answer.ok) show(told.values);
      else part("refused").textContent = told.error;
    } catch {
      if (dialog()?.open) part("refused").textContent = dialog().dataset.failed;
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-does], [data-field]");
    if (!button) return;
    if (button.dataset.field && button.closest("[data-part=reveal]")) {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      return;
    }
    const does = (button.dataset.does || "").split(" ")[0];
    if (does === "reveal") open(button);
    else if (does === "reveal-go") ask();
    else if (does === "reveal-close") dialog().close();
  });

  // Escape closes a dialog without a click; the event does not bubble, so it is caught on the way.
  document.addEventListener("close", (event) => { if (event.target === dialog()) mask(); }, true);
})();
