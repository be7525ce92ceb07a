/* Better places that are looked for in the background, and taken over from here. */
(function () {
  "use strict";

  const { h, sayer, language, jobs } = window.citygrid;
  const percent = (share) => new Intl.NumberFormat(language(), { style: "percent", maximumSignificantDigits: 2 }).format(share);

  function button(words, name, onclick) {
    return h("button", { type: "button", class: "cg-button", onclick }, words(name));
  }

  function draw(place, job, { begin, stop }) {
    const words = sayer(JSON.parse(place.dataset.words));
    if (!job || job.state === "cancelled") return [button(words, "prove", begin)];
    if (jobs.isUnderWay(job)) {
      return [
        h("p", { class: "cg-quiet", role: "status" }, words("proving")),
        h("progress", { max: String(job.total || 60), value: String(job.done), "aria-label": words("proving") }),
        button(words, "proof_stop", stop),
      ];
    }
    if (job.state === "failed") {
      return [h("p", { class: "cg-quiet", role: "alert" }, words("proof_failed", { why: job.failure ?? "" })), button(words, "prove", begin)];
    }
    return found(words, job.result);
  }

  function found(words, result) {
    if (!result) return [];
    const best = result.is_proven ? words("proof_best") : result.gap === null ? "" : words("proof_gap", { share: percent(result.gap) });
    const said = result.is_proven && !result.is_better ? best : `${words(result.is_better ? "proof_better" : "proof_same")} ${best}`;
    const take = result.is_better && result.count
      ? [button(words, "proof_take", () => window.citygrid.tell("ask", `tried:${result.places}`))] : [];
    return [h("p", { role: "status" }, said), ...take];
  }

  jobs.follow("#next [data-part=proof]", draw, { hasResult: true });
})();
