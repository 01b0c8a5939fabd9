// What people have said so far, label by label: it grows while one looks.

import { get } from "../core/api.js";
import { h, replace } from "../core/dom.js";
import { count } from "../core/format.js";
import { t } from "../core/i18n.js";
import { may } from "../core/who.js";

// As many of each label are a good beginning; below the first number nothing can be learnt.
const LEAST = 3;
const GOOD = 30;
const PAUSE_MS = 700;

/** `labels()` gives all labels there are, in an order that stays while the view is open. */
export function trainingSet({ signal, changed }) {
  const order = [];
  const counts = new Map();
  let waiting = null;
  const list = h("ul", { class: "stack tight" });
  const total = h("p", { class: "quiet small" });
  const foot = h("div", { class: "row" });
  const element = h("section", { class: "card stack tight", "aria-label": t("set") }, h("h2", {}, t("set")), total, list, h("p", { class: "small quiet" }, t("set.how", { least: LEAST, good: GOOD })), foot);
  signal.addEventListener("abort", () => clearTimeout(waiting));

  async function load() {
    const { labels } = await get("/v1/labels", {}, { signal });
    // By the alphabet, so that a label has the same digit tomorrow; new ones come last.
    for (const one of labels.toSorted((a, b) => a.label.localeCompare(b.label))) {
      if (!order.includes(one.label)) order.push(one.label);
      counts.set(one.label, one);
    }
    for (const label of order) if (!labels.some((one) => one.label === label)) counts.set(label, { label, documents: 0, stated: 0 });
    draw();
    changed();
  }

  /** Shows at once what was said or taken back; the server's counts follow. */
  function add(labels, n) {
    for (const label of labels) {
      if (!order.includes(label)) order.push(label);
      const one = counts.get(label) ?? { label, documents: 0, stated: 0 };
      counts.set(label, { ...one, stated: Math.max(0, one.stated + n) });
    }
    draw(n > 0 ? labels : []);
    later();
  }

  function later() {
    clearTimeout(waiting);
    waiting = setTimeout(() => load().catch(() => {}), PAUSE_MS); // the counts shown stay
  }

  function draw(fresh = []) {
    const all = order.map((label) => counts.get(label));
    const most = Math.max(GOOD, ...all.map(({ stated }) => stated));
    replace(list, all.map((one) => bar(one, most, fresh.includes(one.label))));
    replace(total, t("set.total", { n: all.reduce((sum, { stated }) => sum + stated, 0) }));
    const ready = all.filter(({ stated }) => stated >= LEAST).length >= 2;
    replace(foot, may("admin") && ready ? h("a", { class: "button", href: "/models" }, t("set.train")) : null);
  }

  function bar({ label, stated, documents }, most, fresh) {
    const inner = h("i", { class: [stated < LEAST && "few"] });
    inner.style.setProperty("inline-size", `${(100 * stated) / most}%`);
    return h(
      "li",
      { class: ["bar-row", fresh && "fresh"], title: t("set.of", { n: documents, stated }) },
      h("span", { class: "row apart" }, h("span", { class: "break" }, label), h("span", { class: "small quiet number" }, count(stated))),
      h("span", { class: "meter", "aria-hidden": "true" }, inner),
    );
  }

  return { element, load, later, add, labels: () => order };
}
