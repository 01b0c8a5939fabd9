// Who changed what, and when.

import { get } from "../../core/api.js";
import { h, replace } from "../../core/dom.js";
import { moment } from "../../core/format.js";
import { named, t } from "../../core/i18n.js";
import { busy } from "../../core/notices.js";
import { table } from "../table.js";

const PAGE = 25;

/** The section. */
export function auditLog(signal) {
  const place = h("div", { class: "stack" });
  const element = h("section", { class: "stack", "aria-labelledby": "audit" }, h("h2", { id: "audit" }, t("audit")), h("p", { class: "quiet" }, t("audit.how")), place);
  const shown = [];

  async function draw(cursor = null) {
    let page;
    try {
      page = await get("/v1/audit", { limit: PAGE, cursor }, { signal });
    } catch (error) {
      if (error.status !== 403) throw error;
      return replace(place, h("p", { class: "quiet", lang: "en" }, error.message)); // keys are theirs all the same
    }
    const { entries, next } = page;
    shown.push(...entries);
    const heads = ["at", "who", "what", "which", "detail"].map((one) => t(`audit.${one}`));
    const more = next ? h("button", { type: "button", onclick: (event) => busy(event.currentTarget, () => draw(next)) }, t("more")) : null;
    return replace(place, shown.length ? [h("div", { class: "card flush" }, table(t("audit"), heads, shown.map(row))), more] : h("p", { class: "quiet" }, t("audit.none")));
  }

  return { element, draw };
}

function row(one) {
  return [h("time", { class: "nowrap", datetime: one.at }, moment(one.at)), one.who, named("did", one.what), h("code", { class: "break" }, one.which), h("span", { class: "break" }, one.detail)];
}
