// What a training is to learn from, as the arguments of the job "train".

import { get } from "../core/api.js";
import { h, replace } from "../core/dom.js";
import { t } from "../core/i18n.js";

const KINDS = ["flat", "multi", "hierarchy"];
const FEATURES = ["", "words", "embedding", "both"];
const LEAST = 3;

/** `start(arguments)` is called with those of `ray-app train`; it may be a promise. */
export function trainForm({ start, signal }) {
  const stated = h("input", { type: "checkbox", name: "stated", checked: true, onchange: check });
  const folder = text("folder");
  const file = text("file");
  const documents = text("documents");
  const kind = select("kind", KINDS.map((one) => [one, t(`kind-of.${one}`)]));
  const features = select("features", FEATURES.map((one) => [one, t(one ? `features.${one}` : "features.usual")]));
  const watch = h("input", { type: "checkbox", name: "watch" });
  const known = h("p", { class: "small quiet" });
  const told = h("p", { role: "alert", class: "small" });
  const button = h("button", { class: "primary" }, t("train.start"));
  const element = h(
    "form",
    { class: "card stack", onsubmit: submit },
    h("h2", {}, t("train")),
    h("div", { class: "stack tight" }, h("label", { class: "check" }, stated, h("span", {}, t("train.stated"))), known),
    h("div", { class: "fields" }, labelled("kind", kind), labelled("features", features)),
    h(
      "details",
      {},
      h("summary", {}, t("train.more")),
      h(
        "div",
        { class: "stack inside" },
        h("p", { class: "small quiet" }, t("train.more.how")),
        h("div", { class: "fields" }, labelled("folder", folder), labelled("file", file), labelled("documents", documents)),
        h("label", { class: "check" }, watch, h("span", {}, t("train.watch"))),
      ),
    ),
    h("p", { class: "small quiet" }, t("train.use")),
    h("div", { class: "row" }, button, told),
  );

  function text(name) {
    return h("input", { name, maxlength: "1000", autocomplete: "off", spellcheck: "false", placeholder: t(`train.${name}.example`), oninput: check });
  }

  function select(name, options) {
    return h("select", { name }, options.map(([value, shown]) => h("option", { value }, shown)));
  }

  function labelled(name, field) {
    return h("label", {}, h("span", {}, t(`train.${name}`)), field);
  }

  function check() {
    const both = folder.value.trim() && (file.value.trim() || documents.value.trim());
    const none = !stated.checked && !folder.value.trim() && !file.value.trim();
    replace(told, both ? t("train.both") : none ? t("train.none") : "");
    button.disabled = Boolean(both || none);
  }

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    await start(chosen());
    button.disabled = false;
  }

  function chosen() {
    if (watch.checked) return ["--watch"];
    const paths = { "--labels-from-folders": folder, "--labels-file": file, "--documents": documents };
    const given = Object.entries(paths).flatMap(([flag, { value }]) => (value.trim() ? [flag, value.trim()] : []));
    return [...(stated.checked ? ["--from-index"] : []), ...given, "--kind", kind.value, ...(features.value ? ["--features", features.value] : [])];
  }

  async function count() {
    const { labels } = await get("/v1/labels", {}, { signal });
    const n = labels.reduce((sum, one) => sum + one.stated, 0);
    const enough = labels.filter((one) => one.stated >= LEAST).length;
    replace(known, t("train.known", { n }), " ", enough < 2 ? [t("train.few", { least: LEAST }), " ", h("a", { href: "/review" }, t("train.review"))] : t("train.enough", { n: enough, least: LEAST }));
  }

  count().catch(() => {}); // the training itself tells what is missing
  return { element };
}
