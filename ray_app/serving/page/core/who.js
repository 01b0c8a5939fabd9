// Who is here, and what they may do.

import { get } from "./api.js";

const RANKS = { reader: 0, editor: 1, admin: 2 };
let me = null;

/** The answer of GET /v1/me; null while nobody is signed in. */
export function who() {
  return me;
}

/** Whether who is here may do what takes this role. */
export function may(role) {
  return me !== null && RANKS[me.role] >= RANKS[role];
}

/** Asks the server who is here. */
export async function findOut() {
  try {
    me = await get("/v1/me");
  } catch (error) {
    // A server that does not answer is told of by the view that needs it.
    me = error.status === 401 ? null : { role: "reader", kind: "unknown", name: "", tenant: "" };
  }
  return me;
}
