// Webhooks: where events are sent to, and whether they arrive.

import { get, send } from "../../core/api.js";
import { confirm } from "../../core/confirm.js";
import { h, replace } from "../../core/dom.js";
import { since } from "../../core/format.js";
import { named, t } from "../../core/i18n.js";
import { busy, toast } from "../../core/notices.js";
import { ask, field, tick } from "../formdialog.js";
import { secret } from "./secret.js";

const TOPICS = ["job", "source", "document", "label", "model", "privacy", "webhook"];

/** The section. */
export function webhooks(signal) {
  const place = h("div", { class: "stack tight" });
  const fresh = h("div", { class: "stack" });
  const add = h("button", { type: "button", onclick: make }, t("webhooks.add"));
  const element = h("section", { class: "stack", "aria-labelledby": "webhooks" }, h("div", { class: "row apart" }, h("h2", { id: "webhooks" }, t("webhooks")), add), h("p", { class: "quiet" }, t("webhooks.how")), fresh, place);

  async function draw() {
    const found = await get("/v1/webhooks", {}, { signal });
    replace(place, found.length ? h("ul", { class: "stack tight" }, found.map(card)) : h("p", { class: "quiet" }, t("webhooks.none")));
  }

  function card(one) {
    const bad = one.state === "disabled" ? "bad" : one.failing_since ? "warn" : "good";
    const enable = one.state === "disabled" ? h("button", { type: "button", onclick: (event) => turnOn(one, event.currentTarget) }, t("webhooks.enable")) : null;
    const end = h("button", { type: "button", class: "danger", "aria-label": t("webhooks.end.of", { url: one.url }), onclick: (event) => remove(one, event.currentTarget) }, t("remove"));
    return h(
      "li",
      { class: "card stack tight" },
      h("div", { class: "row apart" }, h("h3", { class: "break" }, one.url), h("span", { class: ["badge", bad] }, bad === "warn" ? t("webhooks.failing") : t(`webhooks.${one.state}`))),
      h("div", { class: "facts-line" }, h("span", {}, one.topics.length ? one.topics.map((topic) => named("topic", topic)).join(", ") : t("webhooks.all")), h("span", {}, one.delivered ? t("webhooks.delivered", { when: since(one.delivered) }) : t("webhooks.delivered.never"))),
      one.last_error ? h("p", { class: "small break", lang: "en" }, one.last_error) : null,
      h("div", { class: "row" }, enable, end),
    );
  }

  async function make() {
    const url = h("input", { type: "url", required: true, maxlength: "2000", placeholder: "https://", autocomplete: "off" });
    const topics = TOPICS.map((topic) => [topic, tick(named("topic", topic))]);
    const chosen = () => topics.filter(([, box]) => box.control.checked).map(([topic]) => topic);
    const content = [field(t("webhooks.url"), url, t("webhooks.url.hint")), h("fieldset", { class: "stack tight" }, h("legend", { class: "small quiet" }, t("webhooks.topics")), topics.map(([, box]) => box.element))];
    const made = await ask(t("webhooks.add"), { content, yes: t("webhooks.add"), submit: () => send("POST", "/v1/webhooks", { url: url.value.trim(), topics: chosen() }) });
    if (!made) return;
    replace(fresh, secret(t("webhooks.made"), made.secret));
    fresh.firstChild.focus();
    await draw();
  }

  async function turnOn(one, button) {
    if (await busy(button, () => send("POST", `/v1/webhooks/${one.id}/enable`))) await draw();
  }

  async function remove(one, button) {
    if (!(await confirm(t("webhooks.end.ask"), { yes: t("remove"), more: h("p", { class: "break" }, one.url) }))) return;
    if (!(await busy(button, async () => (await send("DELETE", `/v1/webhooks/${one.id}`), true)))) return;
    toast(t("webhooks.ended"));
    await draw();
  }

  return { element, draw };
}
