// Sign in with a key. The key becomes a cookie that no script can read.

import { send } from "../core/api.js";
import { h, replace } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { sentence } from "../core/notices.js";

export function open({ root, query }) {
  const key = h("input", { type: "password", name: "key", required: true, autocomplete: "current-password", autofocus: true, "aria-describedby": "sign-in-trouble" });
  const stay = h("input", { type: "checkbox", name: "stay" });
  const told = h("p", { id: "sign-in-trouble", role: "alert", class: "break" });
  const button = h("button", { class: "primary" }, t("sign-in"));
  const form = h(
    "form",
    { class: "card stack", onsubmit: enter },
    h("h1", {}, t("sign-in.title")),
    h("p", { class: "quiet" }, t("sign-in.how")),
    h("label", {}, h("span", {}, t("sign-in.key")), key),
    h("label", { class: "check" }, stay, h("span", {}, t("sign-in.stay"))),
    told,
    h("div", { class: "row" }, button),
  );

  async function enter(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      await send("POST", "/v1/session", { key: key.value.trim(), stay: stay.checked });
      location.assign(wayBack(query.get("next")));
    } catch (error) {
      replace(told, error.status === 401 ? t("sign-in.wrong") : sentence(error));
      button.disabled = false;
      key.select();
    }
  }

  replace(root, h("div", { class: "sign-in" }, form));
  key.focus();
}

// Only to this page: an address that somebody else wrote leads nowhere.
function wayBack(next) {
  const to = new URL(next || "/", location.href);
  return to.origin === location.origin ? to.pathname + to.search : "/";
}
