/* Work in the background that a panel shows: begun, watched and stopped here. A job is known by its
   kind and what it was asked, so it is found again after a reload or a restart. */
(function () {
  "use strict";

  const { h, post, language } = window.citygrid;
  const ENDED = ["done", "failed", "cancelled"];
  const AGAIN_MS = 2000;

  async function get(path) {
    const answer = await fetch(`${path}?language=${language()}`, { headers: { Accept: "application/json" } });
    return answer.ok ? answer.json() : undefined;
  }

  /* Keep a place that the server draws empty filled with what `draw(place, job, acts)` makes of its
     job: null where it is not begun. With `hasResult`, of what is done it is given what came of it. */
  function follow(selector, draw, { hasResult = false } = {}) {
    const box = () => document.querySelector(selector);

    function show(place, job, fault = "") {
      const acts = { begin: () => begin(place), stop: () => stop(place, job) };
      const alert = fault ? [h("p", { class: "cg-reveal-refused", role: "alert" }, fault)] : [];
      place.replaceChildren(...draw(place, job, acts), ...alert);
    }

    async function begin(place) {
      const { kind, asked } = place.dataset;
      try {
        show(place, await post("jobs", { kind, arguments: JSON.parse(asked) }));
        watch(place);
      } catch (error) {
        show(place, null, error.message);
      }
    }

    async function stop(place, job) {
      try {
        show(place, await post(`jobs/${job.id}/cancel`, {}));
      } catch (error) {
        show(place, job, error.message);
      }
    }

    /* The last job that was asked the same; null where there is none, undefined where nobody knows. */
    async function known({ dataset: { kind, asked } }) {
      const wanted = Object.entries(JSON.parse(asked));
      const listed = await get("jobs");
      if (!listed) return undefined;
      const job = listed.jobs.find((one) => one.kind === kind && wanted.every(([name, value]) => one.arguments[name] === value));
      return hasResult && job?.state === "done" ? get(`jobs/${job.id}`) : job ?? null;
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
      show(place, job ?? null);
      if (job && !ENDED.includes(job.state)) setTimeout(() => place.isConnected && watch(place), AGAIN_MS);
    }

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
  }

  const isUnderWay = (job) => Boolean(job) && !ENDED.includes(job.state);
  Object.assign(window.citygrid, { jobs: { follow, isUnderWay } });
})();
