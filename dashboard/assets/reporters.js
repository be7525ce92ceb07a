/* Who reported an incident, shown in full with a reason and only for a while; and whether somebody
   follows it. What comes is written into the dialog and nowhere else. */
(function () {
  "use strict";

  const { h, sayer, request, post, toast } = window.citygrid;
  const SHOWN_S = 30;

  function reveal(button) {
    const { case: key, words } = button.dataset;
    const say = sayer(JSON.parse(words));
    const fault = h("p", { class: "cg-reveal-refused", role: "alert" });
    const shown = h("ul", { class: "cg-case-reporters", "aria-live": "polite" });
    const left = h("p", { class: "cg-quiet" });
    const reason = h("textarea", { class: "cg-textarea", id: "reporters-why", rows: "2", maxlength: "500", required: true, placeholder: say("reporters.why_hint") });
    const go = h("button", { type: "submit", class: "cg-button cg-button-main" }, say("reveal.show"));
    let timer = null;

    function count() {
      const until = Date.now() + SHOWN_S * 1000;
      const tick = () => {
        const seconds = Math.ceil((until - Date.now()) / 1000);
        if (seconds <= 0) dialog.close();
        else left.textContent = say("reveal.left", { n: seconds });
      };
      timer = setInterval(tick, 250);
      tick();
    }

    const dialog = h("dialog", { class: "cg-dialog cg-dialog-order", "aria-label": say("reporters.title") },
      h("form", {
        method: "dialog",
        async onsubmit(event) {
          event.preventDefault();
          go.disabled = true;
          fault.textContent = "";
          try {
            const told = await post(`incidents/${encodeURIComponent(key)}/reporters`, { reason: reason.value });
            // Closed meanwhile: what came is nobody's to see now.
            if (!dialog.open) return;
            shown.replaceChildren(...told.reporters.filter(({ name, phone }) => name || phone).map(({ name, phone }) => h("li", {},
              name ?? "", " ", phone ? h("a", { href: `tel:${phone}`, class: "cg-link" }, phone) : null)));
            count();
          } catch (error) {
            fault.textContent = error.message;
            go.disabled = false;
          }
        },
      }, h("h2", { class: "cg-title" }, say("reporters.title")),
      h("label", { class: "cg-field" }, h("span", {}, say("reveal.why")), reason),
      h("p", { class: "cg-quiet" }, say("reveal.logged")), shown, left, fault,
      h("div", { class: "cg-dialog-foot" },
        h("button", { type: "button", class: "cg-button cg-button-plain", onclick: () => dialog.close() }, say("reporters.close")), go)));
    dialog.addEventListener("close", () => {
      clearInterval(timer);
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
    reason.focus();
  }

  // --- following ----------------------------------------------------------------------------------
  function draw(button, on) {
    button.setAttribute("aria-pressed", String(on));
    button.title = button.dataset[on ? "on" : "off"];
  }

  async function show() {
    const button = document.querySelector("#case [data-does=case-follow]");
    if (!button) return;
    const { case: key } = button.dataset;
    // Not told, it stands as it is drawn; who presses it then is told why nothing comes.
    const told = await request(`incidents/${encodeURIComponent(key)}/subscription`).catch(() => null);
    if (told && button.isConnected && button.dataset.case === key) draw(button, told.on);
  }

  async function follow(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.disabled = true;
    try {
      await post(`incidents/${encodeURIComponent(button.dataset.case)}/subscription`, { on });
      draw(button, on);
      toast(button.dataset[on ? "began" : "ended"]);
    } catch (error) {
      toast(error.message);
    } finally {
      button.disabled = false;
    }
  }

  const DOES = { "reporters-show": reveal, "case-follow": follow };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-does]");
    if (button) DOES[button.dataset.does]?.(button);
  });

  window.citygrid.reporters = { show };
})();
