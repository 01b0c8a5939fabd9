// Lines of a printed page, which break where the paper ended, as lines that break where the window ends.

// A line much shorter than the others ended because something was said. The longest says little: two that stand beside
// each other may have become one.
const FULL = 0.8;
const MOST = 0.8;
const LEAST_LETTERS = 60;
// Rows of a table and ends of sentences, which are left as they are: joined wrongly they would mislead.
const ENDED = /[\d).:;!?]\s*$/;
const BEGINS = /^\s*[\p{Lu}\d•*–-]/u;

/** The same text, letter for letter, with blanks for those breaks that only the width of the page made. */
export function flowing(text) {
  const lines = text.split("\n");
  const lengths = lines.map((line) => line.length).sort((a, b) => a - b);
  const usual = Math.max(LEAST_LETTERS, lengths[Math.floor(lengths.length * MOST)] ?? 0);
  return lines.map((line, at) => line + ending(line, lines[at + 1], usual)).join("");
}

function ending(line, following, usual) {
  if (following === undefined) return "";
  const goesOn = line.length >= usual * FULL && /\S/.test(following) && !(ENDED.test(line) && BEGINS.test(following));
  return goesOn ? " " : "\n";
}
