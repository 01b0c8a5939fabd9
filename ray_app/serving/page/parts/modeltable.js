// The versions that there are, the newest first.

import { h, replace } from "../core/dom.js";
import { count, moment, percent } from "../core/format.js";
import { t } from "../core/i18n.js";
import { address } from "../core/router.js";

const HEADS = ["version", "accuracy", "macro_f1", "error", "documents", "labels"];

/** Gives `{element, show(models, state), shut(), fail(note)}`; buttons call `promote(version, button)` and the like.
 * `train` is the form that one of them opens. */
export function modelTable({ promote, rollback, backfill, train }) {
  const element = h("section", { class: "stack", "aria-label": t("versions"), "aria-busy": "true" }, h("div", { class: "wait" }));
  let turn = (open) => (train.hidden = !open);

  function show(models, state) {
    element.removeAttribute("aria-busy");
    if (!models.length) train.hidden = false;
    if (!models.length) return replace(element, h("div", { class: "empty card" }, h("h2", {}, t("versions.none")), h("p", {}, t("versions.none.do"))));
    const current = state.version || models.find((one) => one.in_use)?.version;
    const heads = HEADS.map((head, at) => h("th", { scope: "col", class: at && "number", title: t(`${head}.how`) }, t(head)));
    return replace(
      element,
      h("div", { class: "card flush scroll" }, h("table", { class: "models" }, h("thead", {}, h("tr", {}, heads, h("td", {}))), h("tbody", {}, models.map((one) => row(one, current))))),
      h("div", { class: "row" }, opener(), models.length > 1 ? button(t("rollback"), (self) => rollback(self)) : null, button(t("backfill"), () => backfill())),
    );
  }

  function row(one, current) {
    const link = h("a", { href: address("/models", { version: one.version }), "aria-current": one.version === current ? "true" : null }, one.version);
    const use = one.in_use ? h("span", { class: "badge good" }, t("in-use")) : button(t("promote"), (self) => promote(one.version, self), t("promote.of", { version: one.version }));
    const numbers = [percent(one.accuracy), percent(one.macro_f1), percent(one.expected_calibration_error), count(one.documents), count(one.labels)];
    return h("tr", { class: one.version === current && "current" }, h("th", { scope: "row" }, link, h("div", { class: "small quiet" }, `${moment(one.created)} · ${t(`kind-of.${one.kind}`)}`)), numbers.map((value) => h("td", { class: "number" }, value)), h("td", { class: "number" }, use));
  }

  function opener() {
    const self = button(t("train"), () => {
      turn(train.hidden);
      if (!train.hidden) train.querySelector("input").focus();
    });
    turn = (open) => {
      train.hidden = !open;
      self.setAttribute("aria-expanded", String(open));
    };
    self.classList.add("primary");
    self.setAttribute("aria-expanded", String(!train.hidden));
    return self;
  }

  function button(words, action, name = null) {
    const self = h("button", { type: "button", "aria-label": name, onclick: () => action(self) }, words);
    return self;
  }

  return { element, show, shut: () => turn(false), fail: (note) => replace(element, note) };
}
