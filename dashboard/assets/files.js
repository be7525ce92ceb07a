/* Photos and files of incidents: chosen, dropped, pasted or taken, sent with progress, looked at,
   removed; and the incident's sheet, printed. The server checks all of it anew. */
(function () {
  "use strict";

  const { h, icon, sayer, post, unsaid, toast, language } = window.citygrid;
  const ACCEPT = "image/jpeg,image/png,image/webp,application/pdf";
  const changed = () => window.citygrid.tell("news", ["incidents"]);
  const box = () => document.querySelector("[data-part=files]");
  const bytesOf = ({ mb }) => mb * 1e6;
  // What the browser takes it for, by its name; where that is nothing the server looks into it.
  const isOther = ({ type }) => type !== "" && !ACCEPT.split(",").includes(type);

  /* Send something and say how far it is; the answer, or an Error with a sentence. */
  function send(path, body, type, query, progress) {
    return new Promise((done, failed) => {
      const ask = new XMLHttpRequest();
      ask.open("POST", `${path}?${new URLSearchParams({ ...query, language: language() })}`);
      ask.setRequestHeader("Content-Type", type);
      ask.setRequestHeader("Accept", "application/json");
      ask.responseType = "json";
      ask.upload.addEventListener("progress", ({ loaded, total }) => progress(total ? loaded / total : 0));
      ask.addEventListener("load", () => (ask.status < 400 ? done(ask.response) : failed(new Error(ask.response?.error || unsaid(ask.status)))));
      ask.addEventListener("error", () => failed(new Error("")));
      ask.send(body);
    });
  }

  /* Ask for files; a telephone opens its camera where that is meant. */
  function choose(take, camera) {
    const field = h("input", { type: "file", accept: camera ? "image/*" : ACCEPT, multiple: !camera, hidden: true, class: "cg-hidden" });
    if (camera) field.setAttribute("capture", "environment");
    field.addEventListener("change", () => { take([...field.files]); field.remove(); });
    field.addEventListener("cancel", () => field.remove());
    document.body.append(field);
    field.click();
  }

  // --- sending to an incident -------------------------------------------------------------------
  async function upload(files) {
    const place = box();
    if (!place?.querySelector("[data-does=file-add]") || !files.length) return;
    const { case: key } = place.dataset;
    const say = sayer(JSON.parse(place.dataset.words));
    const limits = JSON.parse(place.dataset.limits);
    const rows = h("ul", {});
    const tray = h("section", { class: "cg-upload", role: "status", "aria-label": say("files.sending") },
      h("div", { class: "cg-title-row" }, h("strong", {}, say("files.sending")),
        h("button", { type: "button", class: "cg-icon-button", title: say("files.close"), "aria-label": say("files.close"), onclick: () => tray.remove() }, icon("close"))), rows);
    document.body.append(tray);
    let added = 0;
    let faults = 0;
    for (const file of files) {
      const bar = h("progress", { max: 1, value: 0, "aria-label": file.name });
      const row = h("li", {}, h("span", {}, file.name), bar);
      rows.append(row);
      const fault = (sentence) => { faults += 1; row.replaceChildren(h("span", { class: "cg-reveal-refused" }, sentence)); };
      if (isOther(file)) {
        fault(say("files.kind", { file: file.name }));
        continue;
      }
      if (file.size > bytesOf(limits)) {
        fault(say("files.large", { file: file.name, most: limits.mb }));
        continue;
      }
      try {
        const answer = await send(`incidents/${encodeURIComponent(key)}/files`, file, "application/octet-stream", { name: file.name }, (share) => { bar.value = share; });
        if (answer.is_new) {
          added += 1;
          row.remove();
        } else {
          row.replaceChildren(h("span", { class: "cg-quiet" }, say("files.known", { file: answer.file })));
          faults += 1;
        }
      } catch (error) {
        fault(error.message || say("files.failed", { file: file.name }));
      }
    }
    tray.querySelector("strong").textContent = say("files.added", { n: added });
    if (!faults) tray.remove();
    if (!added) return;
    if (!faults) toast(say("files.added", { n: added }));
    changed();
  }

  // --- looking ----------------------------------------------------------------------------------
  function open(button) {
    const place = box();
    const say = sayer(JSON.parse(place.dataset.words));
    const all = [...place.querySelectorAll("[data-file]")].map(({ dataset }) => JSON.parse(dataset.file));
    let at = all.findIndex(({ id }) => String(id) === button.dataset.does.split(" ")[1]);
    const key = place.dataset.case;
    const parts = { head: h("div", {}), body: h("div", { class: "cg-viewer-body" }), foot: h("div", { class: "cg-viewer-foot" }) };
    const step = (by) => { at = (at + by + all.length) % all.length; draw(); };
    const small = (name, mark, act) => h("button", { type: "button", class: "cg-icon-button", title: say(`files.${name}`), "aria-label": say(`files.${name}`), onclick: act }, icon(mark));
    const dialog = h("dialog", { class: "cg-viewer", "aria-label": say("files.viewer") },
      h("div", { class: "cg-viewer-head" }, parts.head,
        all.length > 1 ? [small("previous", "left", () => step(-1)), small("next", "right", () => step(1))] : null,
        small("close", "close", () => dialog.close())),
      parts.body, parts.foot);

    function draw() {
      const file = all[at];
      parts.head.replaceChildren(h("strong", {}, file.file), h("small", {}, [file.by, all.length > 1 ? `${at + 1} / ${all.length}` : ""].filter(Boolean).join(" · ")));
      parts.body.replaceChildren(file.is_photo ? h("img", { src: file.at, alt: file.file }) : h("div", { class: "cg-file-paper" }, icon("sheet"), h("span", {}, file.file)));
      parts.foot.replaceChildren(
        file.may_remove ? h("button", { type: "button", class: "cg-button cg-button-plain", onclick: () => remove(file) }, say("files.remove")) : h("span", {}),
        h("a", { class: "cg-button", href: file.at, download: file.file }, say("files.save")));
    }

    function remove(file) {
      const fault = h("p", { class: "cg-reveal-refused", role: "alert" });
      const why = h("input", { class: "cg-input", name: "reason", required: true, maxlength: "1000", autocomplete: "off" });
      parts.foot.replaceChildren(h("form", {
        async onsubmit(event) {
          event.preventDefault();
          const go = event.submitter;
          go.disabled = true;
          try {
            await post(`incidents/${encodeURIComponent(key)}/files/${file.id}/removal`, { reason: why.value.trim() });
            dialog.close();
            toast(say("files.removed", { file: file.file }));
            changed();
          } catch (error) {
            fault.textContent = error.message;
            go.disabled = false;
          }
        },
      }, h("label", { class: "cg-field" }, h("span", {}, say("files.remove_why")), why),
      h("button", { type: "button", class: "cg-button cg-button-plain", onclick: draw }, say("files.cancel")),
      h("button", { type: "submit", class: "cg-button cg-button-grave" }, say("files.remove")), fault));
      why.focus();
    }

    dialog.addEventListener("keydown", (event) => {
      // The page's own keys rest while a photo is looked at.
      event.stopPropagation();
      if (event.target.matches("input")) return;
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by) { event.preventDefault(); step(by); }
    });
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => dialog.remove());
    draw();
    document.body.append(dialog);
    dialog.showModal();
  }

  // --- those that go with a report --------------------------------------------------------------
  /* Add files to a list, as far as they may; return a sentence for each that may not. */
  function gather(list, files, limits, say) {
    const faults = [];
    // What a report carries is a third longer on its way, and read at once.
    const together = 60;
    for (const file of files) {
      const sum = list.reduce((n, one) => n + one.file.size, file.size);
      if (isOther(file)) faults.push(say("files.kind", { file: file.name }));
      else if (file.size > bytesOf(limits)) faults.push(say("files.large", { file: file.name, most: limits.mb }));
      else if (list.length >= limits.files) faults.push(say("files.many", { file: file.name, most: limits.files }));
      else if (sum > together * 1e6) faults.push(say("files.together", { file: file.name, most: together }));
      else list.push({ file, url: file.type.startsWith("image/") ? URL.createObjectURL(file) : null });
    }
    return faults;
  }

  function forget(list) {
    for (const { url } of list) if (url) URL.revokeObjectURL(url);
  }

  /* The row of a report's files, and the buttons that add more. */
  function row(list, say, limits, redraw) {
    const fault = h("p", { class: "cg-reveal-refused", role: "alert" });
    const take = (files) => {
      const faults = gather(list, files, limits, say);
      redraw(faults.join(" "));
    };
    const drop = (one) => {
      forget([one]);
      list.splice(list.indexOf(one), 1);
      redraw("");
    };
    const button = (camera) => h("button", {
      type: "button", class: "cg-button cg-button-icon", "data-does": camera ? "file-camera" : "file-choose", onclick: () => choose(take, camera),
    }, icon(camera ? "camera" : "plus"), say(camera ? "files.camera" : "files.add"));
    return {
      take,
      fault,
      element: h("div", { class: "cg-files", "data-part": "intake-files" },
        list.length ? h("ul", { class: "cg-files-row" }, list.map((one) => h("li", {},
          h("span", { class: "cg-file", title: one.file.name }, one.url ? h("img", { src: one.url, alt: one.file.name })
            : h("span", { class: "cg-file-paper" }, icon("sheet"), h("span", {}, one.file.name))),
          h("button", { type: "button", class: "cg-icon-button cg-file-drop", title: say("files.drop"), "aria-label": `${say("files.drop")}: ${one.file.name}`, onclick: () => drop(one) }, icon("close"))))) : null,
        h("div", { class: "cg-files-add" }, button(false), button(true)),
        h("p", { class: "cg-quiet" }, say("files.hint", { most: limits.mb })), fault),
    };
  }

  function base64(file) {
    return new Promise((done, failed) => {
      const reader = new FileReader();
      reader.addEventListener("load", () => done(reader.result.slice(reader.result.indexOf(",") + 1)));
      reader.addEventListener("error", () => failed(reader.error));
      reader.readAsDataURL(file);
    });
  }

  const packed = (list) => Promise.all(list.map(async ({ file }) => ({ name: file.name, content: file.size ? await base64(file) : "" })));

  // --- dropped and pasted -----------------------------------------------------------------------
  /* Whom files are for: the report that is being written, where one is or it is pointed at. */
  function taker(target) {
    const intake = document.querySelector("[data-part=intake-files]");
    const own = box()?.querySelector("[data-does=file-add]") ? box() : null;
    if (intake && (!own || target?.closest?.("#intake"))) return { element: intake, take: window.citygrid.intake.attach };
    return own ? { element: own, take: upload } : null;
  }

  let over = null;
  const mark = (element) => {
    if (over === element) return;
    over?.classList.remove("cg-files-over");
    element?.classList.add("cg-files-over");
    over = element;
  };
  const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

  document.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    const to = taker(event.target);
    // Without this the browser would leave the page and show the file.
    event.preventDefault();
    event.dataTransfer.dropEffect = to ? "copy" : "none";
    mark(to?.element);
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) mark(null); });
  document.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    mark(null);
    taker(event.target)?.take([...event.dataTransfer.files]);
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const to = files.length && !document.querySelector("dialog[open]") ? taker(event.target) : null;
    if (!to) return;
    event.preventDefault();
    to.take(files);
  });

  // --- on paper ---------------------------------------------------------------------------------
  function print(button) {
    const say = sayer(JSON.parse(button.dataset.words));
    const address = (query) => `incidents/${encodeURIComponent(button.dataset.case)}/sheet.pdf?${new URLSearchParams({ ...query, language: language() })}`;
    const show = (query) => window.open(address(query), "_blank", "noopener");
    if (!button.dataset.asks) return show({});
    const why = h("textarea", { class: "cg-textarea", rows: "2", maxlength: "200", name: "why" });
    const reason = h("label", { class: "cg-field", hidden: true }, h("span", {}, say("case_print.reason")), why);
    const choice = (value, checked) => h("label", { class: "cg-choice" }, h("input", {
      type: "radio", name: "who", value, checked,
      onchange: () => { reason.hidden = value !== "clear"; why.required = value === "clear"; if (why.required) why.focus(); },
    }), h("span", {}, say(`case_print.${value}`)));
    const dialog = h("dialog", { class: "cg-dialog cg-dialog-order", "aria-label": say("case_print.title") },
      h("form", {
        method: "dialog",
        onsubmit(event) {
          event.preventDefault();
          show(why.required ? { clear: "true", why: why.value.trim() } : {});
          dialog.close();
        },
      }, h("h2", { class: "cg-title" }, say("case_print.title")), choice("masked", true), choice("clear", false), reason,
      h("div", { class: "cg-dialog-foot" },
        h("button", { type: "button", class: "cg-button cg-button-plain", onclick: () => dialog.close() }, say("case_print.cancel")),
        h("button", { type: "submit", class: "cg-button cg-button-main" }, say("case_print.go")))));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  const DOES = {
    "file-open": open, "file-add": () => choose(upload, false), "case-print": print,
    "file-camera": (button) => { if (button.closest("[data-part=files]")) choose(upload, true); },
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-does]");
    if (button) DOES[button.dataset.does.split(" ")[0]]?.(button);
  });

  Object.assign(window.citygrid, { files: { row, packed, forget, send } });
})();
