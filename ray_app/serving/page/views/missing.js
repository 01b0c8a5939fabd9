// An address that leads nowhere.

import { h, replace } from "../core/dom.js";
import { t } from "../core/i18n.js";

export function open({ root }) {
  replace(
    root,
    h("div", { class: "empty" }, h("h1", {}, t("missing")), h("p", {}, t("missing.do")), h("a", { class: "button", href: "/" }, t("nav.search"))),
  );
}
