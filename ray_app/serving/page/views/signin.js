// Sign in with a key, or at the provider where there is one. Either becomes a cookie that no script can read.

import { get, send } from "../core/api.js";
import { h, replace } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { sentence } from "../core/notices.js";
import { address } from "../core/router.js";

/** Why the provider, or what it said, let nobody in: names of the words for it. */
const REFUSALS = ["away", "no-access", "refused"];

export function open({ root, query }) {
  const key = h("input", { type: "password", name: "key", required: true, autocomplete: "current-password", autofocus: true, "aria-describedby": "sign-in-trouble" });
  const stay = h("input", { type: "checkbox", name: "stay" });
  const refused = REFUSALS.find((one) => one === query.get("refused"));
  const told = h("p", { id: "sign-in-trouble", role: "alert", class: "break" }, refused ? t(`sign-in.${refused}`) : null);
  const elsewhere = h("div", { class: "stack" });
  const button = h("button", { class: "primary" }, t("sign-in"));
  const form = h(
    "form",
    { class: "card stack", onsubmit: enter },
    h("h1", {}, t("sign-in.title")),
    elsewhere,
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

  async function offer() {
    const { provider } = await get("/v1/session");
    if (!provider) return;
    // No address of this page's views: the browser itself has to go there.
    const link = h("a", { class: "button primary", href: address("/v1/session/provider", { back: wayBack(query.get("next")) }) }, t("sign-in.at", { provider }));
    replace(elsewhere, link, h("p", { class: "quiet" }, t("sign-in.or")));
    button.classList.remove("primary");
  }

  replace(root, h("div", { class: "sign-in" }, form));
  offer().catch(() => {}); // a key does it too
  key.focus();
}

// Only to this page: an address that somebody else wrote leads nowhere.
function wayBack(next) {
  const to = new URL(next || "/", location.href);
  return to.origin === location.origin ? to.pathname + to.search : "/";
}
