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

  /* What the page says of an answer without a sentence: that the server was not reached, by whatever
     stands in its place either, or that it made a mistake. */
  function unsaid(status) {
    const say = sayer(JSON.parse(document.querySelector("[data-part=server]")?.dataset.words ?? "{}"));
    return say([0, 502, 503, 504].includes(status) ? "state.unreached" : "state.failed_why");
  }

  /* Ask the server for JSON; whatever goes wrong is an Error with a sentence for a person. */
  async function request(path, query = {}, { headers, ...options } = {}) {
    // An address may ask something already.
    const then = path.includes("?") ? "&" : "?";
    const answer = await fetch(`${path}${then}${new URLSearchParams({ ...query, language: language() })}`, {
      ...options, headers: { Accept: "application/json", ...headers },
    }).catch(() => null);
    // An answer that breaks off, or is a page of something in between, did not come.
    const told = await answer?.text().then((text) => (text ? JSON.parse(text) : {})).catch(() => null);
    if (answer?.ok && told) return told;
    const about = (told?.remarks ?? []).map(({ sentence }) => sentence);
    throw new Error([told?.error || unsaid(answer && !answer.ok ? answer.status : 0), ...about].join(" "));
  }

  const post = (path, body) => request(path, {}, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });

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

  Object.assign(window.citygrid, { h, icon, sayer, request, unsaid, post, toast, language });
})();
