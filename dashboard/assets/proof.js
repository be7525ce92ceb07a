/* Looks for better places in the background: the job is begun, watched, stopped and taken over here.
   A job is known by what it was asked, so it is found again after a reload or a restart. */
(function () {
  "use strict";

  const { h, sayer, post } = window.citygrid;
  const ENDED = ["done", "failed", "cancelled"];
  const AGAIN_MS = 2000;

  const box = () => document.querySelector("#next [data-part=proof]");
  const language = () => (document.documentElement.lang.startsWith("zh") ? "zh" : "en");
  const percent = (share) => new Intl.NumberFormat(language(), { style: "percent", maximumSignificantDigits: 2 }).format(share);

  async function get(path) {
    const answer = await fetch(`${path}?language=${language()}`, { headers: { Accept: "application/json" } });
    return answer.ok ? answer.json() : null;
  }

  function button(words, name, onclick) {
    return h("button", { type: "button", class: "cg-button", onclick }, words(name));
  }

  function draw(place, job, fault = "") {
    const words = sayer(JSON.parse(place.dataset.words));
    const begin = () => start(place);
    const parts = [];
    if (!job || job.state === "cancelled") parts.push(button(words, "prove", begin));
    else if (!ENDED.includes(job.state)) {
      parts.push(
        h("p", { class: "cg-quiet", role: "status" }, words("proving")),
        h("progress", { max: String(job.total || 60), value: String(job.done), "aria-label": words("proving") }),
        button(words, "proof_stop", () => stop(place, job)),
      );
    } else if (job.state === "failed") {
      parts.push(h("p", { class: "cg-quiet", role: "alert" }, words("proof_failed", { why: job.failure ?? "" })), button(words, "prove", begin));
    } else parts.push(...found(place, words, job.result));
    if (fault) parts.push(h("p", { class: "cg-reveal-refused", role: "alert" }, fault));
    place.replaceChildren(...parts);
  }

  function found(place, words, result) {
    if (!result) return [];
    const best = result.is_proven ? words("proof_best") : result.gap === null ? "" : words("proof_gap", { share: percent(result.gap) });
    const said = result.is_proven && !result.is_better ? best : `${words(result.is_better ? "proof_better" : "proof_same")} ${best}`;
    const take = result.is_better && result.count
      ? [button(words, "proof_take", () => window.citygrid.tell("ask", `tried:${result.places}`))] : [];
    return [h("p", { role: "status" }, said), ...take];
  }

  async function start(place) {
    try {
      const job = await post("jobs", { kind: "sites", arguments: { asked: place.dataset.asked } });
      draw(place, job);
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

  /* The last job that was asked the same, with what came of it. */
  async function known(place) {
    const listed = await get("jobs");
    const job = listed?.jobs.find(({ kind, arguments: given }) => kind === "sites" && given.asked === place.dataset.asked);
    return job?.state === "done" ? get(`jobs/${job.id}`) : job ?? null;
  }

  async function watch(place) {
    const { asked } = place.dataset;
    const job = await known(place);
    if (!place.isConnected || place.dataset.asked !== asked) return;
    draw(place, job);
    if (job && !ENDED.includes(job.state)) setTimeout(() => place.isConnected && watch(place), AGAIN_MS);
  }

  // Drawn by the server, empty; filled here as soon as it is there.
  new MutationObserver(() => {
    const place = box();
    // The same element may be asked something else.
    if (place && place.dataset.watched !== place.dataset.asked) {
      place.dataset.watched = place.dataset.asked;
      place.replaceChildren();
      watch(place);
    }
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-asked"] });

  window.addEventListener("citygrid:news", ({ detail }) => {
    const place = box();
    if (detail.topic === "jobs" && place) watch(place);
  });
})();
