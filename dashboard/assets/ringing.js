/* Rings for new incidents and those that wait for who looks: by a sound, by the browser's notices.
   Off until somebody wants it, in this browser only. */
(function () {
  "use strict";

  const { sayer, request, toast, language } = window.citygrid;
  const root = document.documentElement;
  const GATHER_MS = 400;
  const MOST_ASKED = 50;
  // What was rung for, so that another page of this browser does not ring again.
  const MOST_REMEMBERED = 100;

  const kept = {
    get(key) { try { return localStorage.getItem(`citygrid.ring-${key}`); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(`citygrid.ring-${key}`, value); } catch { /* private */ } },
  };
  const isOn = (way) => kept.get(way) === "true" && (way !== "notice" || window.Notification?.permission === "granted");

  let audio = null;
  /* Two short tones, made here. */
  function beep() {
    audio ??= new AudioContext();
    audio.resume().then(() => {
      [[880, 0], [1175, 0.16]].forEach(([pitch, after]) => {
        const from = audio.currentTime + after;
        const tone = audio.createOscillator();
        const loud = audio.createGain();
        tone.frequency.value = pitch;
        loud.gain.setValueAtTime(0.12, from);
        loud.gain.exponentialRampToValueAtTime(0.001, from + 0.15);
        tone.connect(loud).connect(audio.destination);
        tone.start(from);
        tone.stop(from + 0.16);
      });
    });
  }

  function notice({ id, key, title, said }) {
    const shown = new Notification(said, { body: `${title} · ${key}`, tag: key, lang: language() });
    shown.onclick = () => {
      window.focus();
      window.citygrid.tell("case", id);
      shown.close();
    };
  }

  /* One page of the browser at a time looks what is not rung for yet. */
  async function fresh(alerts) {
    return navigator.locks.request("citygrid-ring", () => {
      const known = JSON.parse(kept.get("known") ?? "[]");
      const tag = ({ id, why, version }) => `${id}:${why}:${version}`;
      const some = alerts.filter((one) => !known.includes(tag(one)));
      kept.set("known", JSON.stringify([...known, ...some.map(tag)].slice(-MOST_REMEMBERED)));
      return some;
    });
  }

  let heard = new Set();
  let gathering = null;
  async function ring() {
    gathering = null;
    const ids = [...heard].slice(-MOST_ASKED);
    heard = new Set();
    const told = await request("incidents/alerts", { ids }).catch(() => null);
    if (!told) {
      // The line is broken; the next news asks for these, too.
      for (const id of ids) heard.add(id);
      return;
    }
    const some = await fresh(told.alerts);
    if (!some.length) return;
    if (isOn("sound")) beep();
    if (isOn("notice")) some.forEach(notice);
    root.dataset.rung = some.map(({ key }) => key).join(" ");
  }

  window.addEventListener("citygrid:news", ({ detail }) => {
    if (detail.topic !== "incidents" || !detail.incidents?.length || !(isOn("sound") || isOn("notice"))) return;
    for (const id of detail.incidents) heard.add(id);
    gathering ??= setTimeout(ring, GATHER_MS);
  });

  function show() {
    for (const each of document.querySelectorAll("[data-ring]")) {
      const state = String(isOn(each.dataset.ring));
      if (each.getAttribute("aria-checked") !== state) each.setAttribute("aria-checked", state);
    }
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-ring]");
    if (!button) return;
    const way = button.dataset.ring;
    const on = !isOn(way);
    if (on && way === "notice" && await window.Notification?.requestPermission() !== "granted") {
      const box = button.closest("[data-words]");
      toast(sayer(JSON.parse(box.dataset.words))("ring.denied"));
      return show();
    }
    kept.set(way, String(on));
    // So that it is known how it sounds; and a browser lets nothing sound that nobody asked for.
    if (on && way === "sound") beep();
    show();
  });
  new MutationObserver(show).observe(document, { childList: true, subtree: true });
})();
