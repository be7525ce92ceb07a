/* The board of incidents: a card is moved on by its next step, dragged or by keys. What must be said
   with it is asked for, and the server checks all anew. */
(function () {
  "use strict";

  const { handling } = window.citygrid;
  let dragged = null;

  const cardOf = (element) => element?.closest?.(".cg-board .cg-card");
  const next = (card) => card.querySelector("[data-does^=case-act]");
  const columnFor = (element) => {
    const column = element?.closest?.(".cg-board-column");
    return dragged && column && column.dataset.stage === dragged.dataset.to ? column : null;
  };

  function mark(column) {
    for (const each of document.querySelectorAll(".cg-board-over")) if (each !== column) each.classList.remove("cg-board-over");
    column?.classList.add("cg-board-over");
  }

  document.addEventListener("dragstart", (event) => {
    dragged = cardOf(event.target);
    if (dragged) event.dataTransfer.effectAllowed = "move";
  });
  document.addEventListener("dragover", (event) => {
    const column = columnFor(event.target);
    if (dragged) mark(column);
    if (column) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const column = columnFor(event.target);
    if (!column) return;
    event.preventDefault();
    handling.act(next(dragged));
  });
  document.addEventListener("dragend", () => {
    dragged = null;
    mark(null);
  });

  document.addEventListener("keydown", (event) => {
    const card = cardOf(event.target);
    if (!card || event.target.closest("dialog") || event.ctrlKey || event.metaKey) return;
    if (event.altKey) {
      if (event.key !== "ArrowRight" || !next(card)) return;
      handling.act(next(card));
    } else {
      const to = neighbour(card, event.key);
      if (to === undefined) return;
      to?.querySelector(".cg-card-open").focus();
    }
    event.preventDefault();
    event.stopPropagation();
  }, true);

  /* The card above or below, or in the next column that has one; null at the edge. */
  function neighbour(card, key) {
    const column = card.closest(".cg-board-column");
    const cards = [...column.querySelectorAll(".cg-card")];
    const at = cards.indexOf(card);
    if (key === "ArrowUp" || key === "ArrowDown") return cards[at + (key === "ArrowDown" ? 1 : -1)] ?? null;
    if (key !== "ArrowLeft" && key !== "ArrowRight") return undefined;
    const step = key === "ArrowRight" ? "nextElementSibling" : "previousElementSibling";
    for (let other = column[step]; other; other = other[step]) {
      const there = [...other.querySelectorAll(".cg-card")];
      if (there.length) return there[Math.min(at, there.length - 1)];
    }
    return null;
  }
})();
