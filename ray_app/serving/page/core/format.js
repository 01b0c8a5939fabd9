// Numbers, dates, sizes and names as people of the chosen language write them.

import { current, locale } from "./i18n.js";

/** 0.934 as 93 %. Never 100 % for what is not certain. */
export function percent(share) {
  const shown = share < 1 ? Math.min(share, 0.994) : share;
  return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 0 }).format(shown);
}

/** A number with its thousands apart. */
export function count(number, digits = 0) {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(number);
}

/** A day, such as 4 March 2026. "" for none. */
export function day(iso) {
  return iso ? date(iso, { dateStyle: "medium" }) : "";
}

/** A day with the time. "" for none. */
export function moment(iso) {
  return iso ? date(iso, { dateStyle: "medium", timeStyle: "short" }) : "";
}

/** How long ago, or until, such as "3 minutes ago". */
export function since(iso, now = Date.now()) {
  const seconds = (new Date(iso).getTime() - now) / 1000;
  const steps = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, size] = steps.find(([, one]) => Math.abs(seconds) >= one) ?? steps.at(-1);
  return new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

/** A length of time in seconds, such as 1:05 or 2:03:04. */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, at) => (at ? String(part).padStart(2, "0") : String(part))).join(":");
}

/** Bytes as KB, MB, GB. */
export function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const step = bytes > 0 ? Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1) : 0;
  const style = { style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: step ? 1 : 0 };
  return new Intl.NumberFormat(locale(), style).format(bytes / 1000 ** step);
}

/** The last part of a URI, which is what people call a document. */
export function fileName(uri) {
  const inside = uri.split("!").at(-1);
  const last = inside.split("#")[0].split("?")[0].split("/").filter(Boolean).at(-1) ?? uri;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/** A language by its name: "da" as Danish. */
export function languageName(code) {
  try {
    return new Intl.DisplayNames([current()], { type: "language" }).of(code);
  } catch {
    return code;
  }
}

function date(iso, style) {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? iso : new Intl.DateTimeFormat(locale(), style).format(time);
}
