/* Small pieces that the other scripts build with: elements, words, requests, the toast. */
(function () {
  "use strict";

  const language = () => (document.documentElement.lang.startsWith("zh") ? "zh" : "en");

  /* An element with attributes, listeners and children; nothing of it is read as HTML. */
  function h(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (key in made && typeof value !== "string") made[key] = value;
      else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
    return made;
  }

  function icon(name) {
    return h("span", { class: `cg-icon cg-icon-${name}`, "aria-hidden": "true" });
  }

  function sayer(texts) {
    return (key, values = {}) => Object.entries(values).reduce(
      (said, [name, value]) => said.replaceAll(`{${name}}`, String(value)),
      (String(values.n) === "1" && texts[`${key}_one`]) || (texts[key] ?? key));
  }

  async function post(path, body) {
    const answer = await fetch(`${path}?language=${language()}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(body),
    });
    const told = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
    if (!answer.ok) {
      const about = (told.remarks ?? []).map(({ sentence }) => sentence);
      throw new Error([told.error || answer.statusText, ...about].join(" "));
    }
    return told;
  }

  /* A sentence in the corner, with an undo where there is one. */
  function toast(sentence, undo) {
    const html = (type, props) => ({ namespace: "dash_html_components", type, props });
    const buttons = undo
      ? [html("Button", { children: undo, className: "cg-button", type: "button", "data-does": "edit-undo" })] : [];
    window.dash_clientside.set_props("toast", {
      children: html("Div", {
        className: "cg-told",
        children: [html("P", { children: sentence }), ...buttons,
          html("Button", {
            className: "cg-icon-button", type: "button", "data-does": "close-toast", "aria-label": "✕",
            children: html("Span", { className: "cg-icon cg-icon-close", "aria-hidden": "true" }),
          })],
      }),
    });
  }

  Object.assign(window.citygrid, { h, icon, sayer, post, toast, language });
})();
