/* Draws a run of plain HTML as one Dash component: see dashboard/markup.py. */
(function () {
  "use strict";

  const { createElement, Fragment } = window.React;

  /* An element keeps its place in the page as long as its id stays, or else its turn. */
  function drawn(node, turn) {
    if (!Array.isArray(node)) return node;
    const [tag, given, inner] = node;
    return createElement(tag, { ...given, key: given.id ?? turn }, ...inner.map(drawn));
  }

  window.citygrid_markup = {
    Markup: ({ tree }) => createElement(Fragment, null, ...tree.map(drawn)),
    Parts: () => null,
  };
})();
