// Who may come in: keys, invitations, where events are sent to, and who changed what.

import { h, replace } from "../../core/dom.js";
import { auditLog } from "./auditlog.js";
import { grants } from "./grants.js";
import { webhooks } from "./webhooks.js";

export async function open({ root, signal }) {
  const parts = [grants("keys", signal), grants("invitations", signal), webhooks(signal), auditLog(signal)];
  const drawn = await Promise.all(parts.map((part) => part.draw().then(() => part.element)));
  replace(root, h("div", { class: "stack loose" }, drawn));
}
