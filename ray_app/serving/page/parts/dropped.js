// Files out of what was dropped or chosen, folders with all that is in them.

// What systems put into folders beside the files of people.
const LEFT_OUT = /^(\.|~\$)|^(Thumbs\.db|desktop\.ini)$/i;

/** `{file, folder}` of each file dropped; `folder` is its path below what was dropped. */
export async function dropped(transfer) {
  const entries = [...transfer.items].map((one) => one.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, folder: "" }));
  return (await Promise.all(entries.map((one) => below(one, "")))).flat();
}

/** The same of an `<input type=file>`. */
export function chosen(files) {
  return [...files]
    .map((file) => ({ file, folder: file.webkitRelativePath.split("/").slice(0, -1).join("/") }))
    .filter(({ file, folder }) => !folder || !hidden(`${folder}/${file.name}`));
}

async function below(entry, folder) {
  if (entry.isFile) return folder && LEFT_OUT.test(entry.name) ? [] : [{ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), folder }];
  if (LEFT_OUT.test(entry.name)) return [];
  const path = folder ? `${folder}/${entry.name}` : entry.name;
  return (await Promise.all((await children(entry)).map((one) => below(one, path)))).flat();
}

// A reader gives a part of a folder at a time, none at the end.
async function children(entry) {
  const reader = entry.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all;
    all.push(...some);
  }
}

function hidden(path) {
  return path.split("/").some((part) => LEFT_OUT.test(part));
}
