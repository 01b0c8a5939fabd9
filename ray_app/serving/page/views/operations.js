// What runs the index: its parts and figures, sources, jobs, what could not be read, and who may come in.

import * as access from "../parts/operations/access.js";
import * as jobs from "../parts/operations/jobs.js";
import * as overview from "../parts/operations/overview.js";
import * as quarantine from "../parts/operations/quarantine.js";
import * as sources from "../parts/operations/sources.js";
import { tabbed } from "../parts/tabbed.js";

const PANELS = { overview, sources, jobs: { ...jobs, role: "admin" }, quarantine, access: { ...access, role: "admin" } };

export function open({ root, query, signal }) {
  return tabbed({ root, path: "/operations", panels: PANELS, query, signal });
}
