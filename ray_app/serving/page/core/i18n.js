// The page's words, by language and by area: words/<language>/<area>.json.

export const LANGUAGES = { en: "English", da: "Dansk" };
const KEPT = "ray-app.language";

let language = chosen();
let words = {};

/** The language in use: what was chosen here, else the browser's, else English. */
export function current() {
  return language;
}

/** The same with the region that the browser names, which decides how dates and numbers are written. */
export function locale() {
  return navigator.languages.find((one) => one.slice(0, 2) === language) ?? (language === "en" ? "en-GB" : language);
}

/** Uses a language from now on; `load` brings its words. */
export function choose(one) {
  language = one;
  words = {};
  localStorage.setItem(KEPT, one);
  document.documentElement.lang = one;
}

/** Brings the words of an area of the page. */
export async function load(area) {
  const response = await fetch(new URL(`../words/${language}/${area}.json`, import.meta.url));
  const found = await response.json();
  words = { ...words, ...found }; // only now: others may have come meanwhile
}

/** The words for a key; `{name}` in them stands for a value. Where they depend on a number, `values.n` is it. */
export function t(key, values = {}) {
  let found = words[key] ?? key;
  if (typeof found === "object") found = found[plural(values.n)] ?? found.other;
  return found.replace(/\{(\w+)\}/g, (_, name) => shown(values[name]));
}

/** The words for a value of the API, such as `risk.high`; the value itself where there are none. */
export function named(area, value) {
  return words[`${area}.${value}`] ?? value;
}

function plural(n) {
  return new Intl.PluralRules(language).select(n);
}

function shown(value) {
  return typeof value === "number" ? new Intl.NumberFormat(locale()).format(value) : String(value ?? "");
}

function chosen() {
  const kept = localStorage.getItem(KEPT);
  const wanted = kept ? [kept] : navigator.languages.map((one) => one.slice(0, 2));
  return wanted.find((one) => one in LANGUAGES) ?? "en";
}
