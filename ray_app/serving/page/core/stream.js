// Events and lines out of a response's body: `EventSource` can neither POST nor tell a refusal from a broken line.

/** Yields `{event, data, id}` with `data` parsed. Comments are left out. */
export async function* events(body) {
  for await (const block of pieces(body, /\r?\n\r?\n/)) {
    const parsed = parse(block);
    if (parsed) yield parsed;
  }
}

/** Yields the text between separators as it comes; what no separator follows is left out. */
export async function* pieces(body, separator) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const whole = (rest + value).split(separator);
      rest = whole.pop();
      yield* whole;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function parse(block) {
  const found = { event: "message", data: "", id: null };
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon < 1) continue;
    const field = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") found.data += found.data ? `\n${value}` : value;
    else if (field === "event" || field === "id") found[field] = value;
  }
  return found.data ? { ...found, data: JSON.parse(found.data) } : null;
}
