// Says what a document is, in two keystrokes: the dialog's digits choose, letters find or make a label.

import { get, send } from "../../core/api.js";
import { h, replace } from "../../core/dom.js";
import { count } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { sentence, toast } from "../../core/notices.js";

const SHOWN = 9;

/** Asks for a label and states it; `changed(labels)` is called whenever what the index says is another. */
export async function correctLabel({ about, changed }) {
  const label = await ask(about);
  if (label) await state(about, [label], changed);
}

function ask(about) {
  return new Promise((resolve) => {
    let labels = [];
    let picked = null;
    const list = h("ol", { class: "stack tight", "aria-label": t("label.all") });
    const told = h("p", { class: "small quiet", role: "status" }, t("loading"));
    const input = h("input", { type: "text", maxlength: "200", autocomplete: "off", spellcheck: "false", autofocus: true, oninput: draw, onkeydown: key });
    const form = h(
      "form",
      { class: "stack", onsubmit: typed },
      h("h2", { id: "correct-title" }, t("label.which")),
      h("label", {}, h("span", {}, t("label.type")), input),
      list,
      told,
      h("div", { class: "row" }, h("button", { class: "primary" }, t("label.say")), h("button", { type: "button", onclick: () => dialog.close() }, t("cancel"))),
    );
    const dialog = h("dialog", { class: "correct", "aria-labelledby": "correct-title", onclose: () => (dialog.remove(), resolve(picked)) }, form);

    function shown() {
      const wanted = input.value.trim().toLowerCase();
      return labels.filter(({ label }) => label.toLowerCase().includes(wanted)).slice(0, SHOWN);
    }

    function draw() {
      const now = about.labels[0]?.label;
      replace(list, shown().map(({ label, documents }, at) => h("li", {}, h("button", { type: "button", class: "choice", "aria-keyshortcuts": String(at + 1), onclick: () => take(label) }, h("kbd", { "aria-hidden": "true" }, String(at + 1)), h("span", { class: "break" }, label), h("span", { class: "quiet small end" }, label === now ? t("label.now") : count(documents))))));
      const wanted = input.value.trim();
      replace(told, !wanted || labels.some(({ label }) => label === wanted) ? "" : t("label.new", { label: wanted }));
    }

    // Digits choose as long as nothing is typed: a label that begins with one can be typed after a blank.
    function key(event) {
      if (input.value !== "" || !/^[1-9]$/.test(event.key)) return;
      event.preventDefault();
      const one = shown()[Number(event.key) - 1];
      if (one) take(one.label);
    }

    function typed(event) {
      event.preventDefault();
      const wanted = input.value.trim();
      if (wanted) take(wanted);
      else input.focus();
    }

    function take(label) {
      picked = label;
      dialog.close();
    }

    document.body.append(dialog);
    dialog.showModal();
    get("/v1/labels").then((found) => ((labels = found.labels), replace(told), draw()), (error) => replace(told, sentence(error)));
  });
}

async function state(about, labels, changed) {
  const path = `/v1/documents/${about.id}/labels`;
  const before = about.labels.filter((one) => one.method === "stated").map((one) => one.label);
  const undo = () => tell(() => (before.length ? send("PUT", path, { labels: before }) : send("DELETE", path)), t("label.undone"), null);
  const tell = async (ask_, words, way) => {
    try {
      const now = await ask_();
      toast(words, { undo: way });
      changed(now.labels);
    } catch (error) {
      toast(sentence(error));
    }
  };
  await tell(() => send("PUT", path, { labels }), t("label.done", { label: labels.join(", ") }), undo);
}
