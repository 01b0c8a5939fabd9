// A form in a dialog, and the fields of forms.

import { h, replace } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { sentence } from "../core/notices.js";

let fields = 0;

/** Asks with a form. `submit()` does the work: while it fails the dialog stays, and says why. Resolves to what it gave,
 * null where the person gave up. `before` stand beside the button, such as one that tries out what is filled in. */
export function ask(title, { content, yes, submit, danger = false, before = [] }) {
  return new Promise((resolve) => {
    let given = null;
    const told = h("div", { role: "alert" });
    const go = h("button", { class: danger ? "danger" : "primary" }, yes);
    const dialog = h(
      "dialog",
      { class: "form-dialog", "aria-labelledby": "form-dialog-title", onclose: () => (dialog.remove(), resolve(given)) },
      h(
        "form",
        { class: "stack", onsubmit: send },
        h("h2", { id: "form-dialog-title" }, title),
        content,
        told,
        h("div", { class: "row" }, go, before, h("button", { type: "button", onclick: () => dialog.close() }, t("cancel"))),
      ),
    );

    async function send(event) {
      event.preventDefault();
      go.disabled = true;
      replace(told);
      try {
        given = await submit();
        dialog.close();
      } catch (error) {
        if (!("status" in error)) throw error;
        replace(told, h("p", { class: "note bad" }, sentence(error)));
      } finally {
        go.disabled = false;
      }
    }

    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A control with its name, and a hint below it. */
export function field(name, control, hint = "") {
  const id = `field-${++fields}`;
  if (hint) control.setAttribute("aria-describedby", id);
  return h("div", { class: "field" }, h("label", {}, h("span", {}, name), control), hint ? h("p", { class: "small quiet", id }, hint) : null);
}

/** A box to tick, with its name behind it. */
export function tick(name, checked = false, hint = "") {
  const control = h("input", { type: "checkbox", checked });
  const id = `field-${++fields}`;
  if (hint) control.setAttribute("aria-describedby", id);
  const element = h("div", { class: "field" }, h("label", { class: "check" }, control, h("span", {}, name)), hint ? h("p", { class: "small quiet", id }, hint) : null);
  return { element, control };
}

/** A field of several values, one a line. */
export function lines(values = []) {
  return h("textarea", { rows: Math.max(2, Math.min(values.length + 1, 6)), value: values.join("\n") });
}

/** The lines of such a field. */
export function linesOf(area) {
  return area.value.split("\n").map((line) => line.trim()).filter(Boolean);
}

/** One of several: pairs of a value and its words. */
export function choice(pairs, chosen, attributes = {}) {
  return h("select", attributes, pairs.map(([value, words]) => h("option", { value, selected: value === chosen }, words)));
}
