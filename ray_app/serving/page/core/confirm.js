// Asks before what cannot be taken back.

import { h } from "./dom.js";
import { t } from "./i18n.js";

/** A dialog with a question; resolves to true where the person goes on. `more` may be elements, such as a field. */
export function confirm(question, { yes, danger = true, more = [] }) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { "aria-labelledby": "confirm-question", onclose: () => (dialog.remove(), resolve(dialog.returnValue === "yes")) },
      h(
        "form",
        { method: "dialog", class: "stack" },
        h("h2", { id: "confirm-question" }, question),
        more,
        h(
          "div",
          { class: "row" },
          h("button", { value: "yes", class: danger ? "danger" : "primary" }, yes),
          h("button", { value: "no", formnovalidate: true }, t("cancel")),
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
