/* What is worked out in the background and then told by the server: begun, watched and stopped here.
   A job is known by what it was asked, so it is found again after a reload or a restart. */
(function () {
  "use strict";

  const { h, sayer, post } = window.citygrid;
  const ENDED = ["done", "failed", "cancelled"];
  const AGAIN_MS = 2000;

  const box = () => document.querySelector("[data-part=job]");
  const language = () => (document.documentElement.lang.startsWith("zh") ? "zh" : "en");
  // Jobs whose result the server was asked for: once each, whatever it says.
  const told = new Set();

  function button(words, name, onclick) {
    return h("button", { type: "button", class: "cg-button", onclick }, words(name));
  }

  function draw(place, job, fault = "") {
    const words = sayer(JSON.parse(place.dataset.words));
    const parts = [];
    if (job && !ENDED.includes(job.state)) {
      const far = job.done ? ` ${words("round", { n: job.done })}` : "";
      parts.push(
        h("p", { class: "cg-quiet", role: "status" }, words("doing"), far),
        // How many rounds there are to be is not known.
        h("progress", { "aria-label": words("doing") }),
        button(words, "stop", () => stop(place, job)),
      );
    } else if (job?.state !== "done") {
      if (job?.state === "failed") parts.push(h("p", { class: "cg-quiet", role: "alert" }, words("failed", { why: job.failure ?? "" })));
      parts.push(button(words, "begin", () => begin(place)));
    }
    if (fault) parts.push(h("p", { class: "cg-reveal-refused", role: "alert" }, fault));
    place.replaceChildren(...parts);
    if (job?.state === "done" && !told.has(job.id)) {
      told.add(job.id);
      window.citygrid.tell("news", [place.dataset.kind]);
    }
  }

  async function begin(place) {
    const { kind, asked } = place.dataset;
    try {
      draw(place, await post("jobs", { kind, arguments: JSON.parse(asked) }));
      watch(place);
    } catch (error) {
      draw(place, null, error.message);
    }
  }

  async function stop(place, job) {
    try {
      draw(place, await post(`jobs/${job.id}/cancel`, {}));
    } catch (error) {
      draw(place, job, error.message);
    }
  }

  /* The last job that was asked the same; null where there is none, undefined where nobody knows. */
  async function known({ dataset: { kind, asked } }) {
    const answer = await fetch(`jobs?language=${language()}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) return undefined;
    const wanted = Object.entries(JSON.parse(asked));
    const { jobs } = await answer.json();
    return jobs.find((job) => job.kind === kind && wanted.every(([name, value]) => job.arguments[name] === value)) ?? null;
  }

  async function watch(place) {
    const { asked } = place.dataset;
    const job = await known(place);
    if (!place.isConnected || place.dataset.asked !== asked) return;
    if (job === null && "begins" in place.dataset && !place.dataset.begun) {
      place.dataset.begun = "true";
      begin(place);
      return;
    }
    draw(place, job);
    if (job && !ENDED.includes(job.state)) setTimeout(() => place.isConnected && watch(place), AGAIN_MS);
  }

  // Drawn by the server, empty; filled here as soon as it is there.
  new MutationObserver(() => {
    const place = box();
    // The same element may be asked something else.
    if (place && place.dataset.watched !== place.dataset.asked) {
      place.dataset.watched = place.dataset.asked;
      delete place.dataset.begun;
      place.replaceChildren();
      watch(place);
    }
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-asked"] });

  window.addEventListener("citygrid:news", ({ detail }) => {
    const place = box();
    if (detail.topic === "jobs" && place) watch(place);
  });
})();
