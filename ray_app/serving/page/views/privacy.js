// Personal data: where it is, whom it is about, and what people may ask for.

import * as overview from "../parts/privacy/overview.js";
import * as people from "../parts/privacy/people.js";
import * as requests from "../parts/privacy/requests.js";
import { tabbed } from "../parts/tabbed.js";

const PANELS = { overview, people: { ...people, role: "admin" }, requests: { ...requests, role: "admin" } };

export function open({ root, query, signal }) {
  return tabbed({ root, path: "/privacy", panels: PANELS, query, signal });
}
