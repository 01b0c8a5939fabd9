// A secret that is shown once, with a button to copy it.

import { h } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { toast } from "../../core/notices.js";

/** A note with what it is, and the secret. */
export function secret(what, text) {
  const shown = h("code", { class: "secret" }, text);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      toast(t("secret.copied"));
    } catch {
      getSelection().selectAllChildren(shown); // a page without https may not write there: marked, it can be copied by hand
      toast(t("secret.marked"));
    }
  };
  return h("div", { class: "note good", tabindex: "-1", role: "status" }, h("p", { class: "strong" }, what), shown, h("p", { class: "small" }, t("secret.once")), h("button", { type: "button", onclick: copy }, t("secret.copy")));
}
