// How the page writes things.

// A segment's id ends with the version that its interval has since it was written.
const segment = /^(.+?)_(\d{4}-\d\d-\d\dT[\d:.]+Z)_(\d{4}-\d\d-\d\dT[\d:.]+Z)_(\d{4}-\d\d-\d\dT[\d:.]+Z)(?:_(\d+))?$/;

const day = (time) => time.replace(/T00:00:00\.000Z$/, "").replace(/(:00)?\.000Z$/, "").replace("T", " ");

// shortSegment is a segment without its version, and with days where they are whole.
export function shortSegment(id) {
  const m = segment.exec(id);
  if (!m) return id;
  const [, source, from, to, , part] = m;
  return `${source} ${day(from)}…${day(to)}${part ? ` #${part}` : ""}`;
}

// subject is what a step is about, in few words.
export function subject(step) {
  const ids = (step.subject ?? "").split(" ");
  if (ids.length > 1 && segment.test(ids[0])) return `${shortSegment(ids[0])} and ${ids.length - 1} more`;
  return shortSegment(step.subject ?? "");
}

export const sourceOf = (id) => segment.exec(id)?.[1] ?? id;

// clock is a time of the day, to the millisecond.
export const clock = (time) => (time ? new Date(time).toISOString().slice(11, 23) : "");

// span is a duration in milliseconds.
export function span(ms) {
  if (ms < 0) ms = 0;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 90_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 5_400_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
}

export const bytes = (n) => (n >= 1 << 20 ? `${(n / (1 << 20)).toFixed(1)} MiB` : n >= 1024 ? `${(n / 1024).toFixed(1)} KiB` : `${n ?? 0} B`);

export const count = (n, one, many = `${one}s`) => `${Number(n).toLocaleString("en")} ${n === 1 ? one : many}`;

// pretty is JSON with line breaks, and any other text as it is.
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

export const lastPart = (path) => path.slice(path.lastIndexOf("/") + 1);
