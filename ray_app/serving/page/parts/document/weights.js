// Words for and against a label as small signed bars. What is no word (the meaning as a whole, what is assumed before
// reading) is many times as heavy, and stands apart with a scale of its own.

import { h } from "../../core/dom.js";
import { locale, named, t } from "../../core/i18n.js";

const TITLE = "[title] ";

/** The tables of `judged.terms`. */
export function weights({ label, terms }) {
  const words = terms.filter(({ term }) => !term.startsWith("[") || term.startsWith(TITLE));
  const others = terms.filter((one) => !words.includes(one));
  return h(
    "section",
    { class: "stack tight" },
    h("h2", {}, t("part.words", { label })),
    h("p", { class: "quiet small" }, t("words.how")),
    words.length ? table(t("words.caption"), words) : null,
    others.length ? table(t("words.others"), others) : null,
  );
}

function table(caption, terms) {
  const most = Math.max(...terms.map(({ weight }) => Math.abs(weight)));
  const rows = terms.map(({ term, weight }) => h("tr", {}, h("th", { scope: "row", class: "break" }, shown(term)), h("td", { "aria-hidden": "true" }, bar(weight / most)), h("td", { class: "number" }, signed(weight))));
  return h("table", { class: "weights" }, h("caption", { class: "small quiet" }, caption), h("tbody", {}, rows));
}

function bar(share) {
  const one = h("i", { class: share < 0 ? "against" : "for" });
  one.style.setProperty("inline-size", `${Math.abs(share) * 50}%`);
  return h("span", { class: "signed" }, one);
}

function shown(term) {
  if (term.startsWith(TITLE)) return [term.slice(TITLE.length), h("span", { class: "quiet small" }, ` ${t("words.title")}`)];
  return named("term", term);
}

function signed(weight) {
  return new Intl.NumberFormat(locale(), { signDisplay: "exceptZero", minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(weight);
}
