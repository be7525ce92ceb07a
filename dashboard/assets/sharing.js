/* Places shared out for the best of all, where that is worked out in the background: the panel tells
   what a job found, and is asked anew once it is done. */
(function () {
  "use strict";

  const { h, sayer, jobs } = window.citygrid;
  // Jobs whose result the server was asked for: once each, whatever it says.
  const told = new Set();

  function draw(place, job, { begin, stop }) {
    const words = sayer(JSON.parse(place.dataset.words));
    const button = (name, onclick) => h("button", { type: "button", class: "cg-button", onclick }, words(name));
    if (jobs.isUnderWay(job)) {
      const far = job.done ? ` ${words("round", { n: job.done })}` : "";
      return [
        h("p", { class: "cg-quiet", role: "status" }, words("doing"), far),
        // How many rounds there are to be is not known.
        h("progress", { "aria-label": words("doing") }),
        button("stop", stop),
      ];
    }
    if (job?.state === "done") {
      if (!told.has(job.id)) {
        told.add(job.id);
        window.citygrid.tell("news", [place.dataset.kind]);
      }
      return [];
    }
    const failed = job?.state === "failed"
      ? [h("p", { class: "cg-quiet", role: "alert" }, words("failed", { why: job.failure ?? "" }))] : [];
    return [...failed, button("begin", begin)];
  }

  jobs.follow("[data-part=job]", draw);
})();
