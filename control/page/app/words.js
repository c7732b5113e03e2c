// How the page writes things.

// A segment's id in a text: datasource, start, end, version and, unless it is 0, the partition.
const segment = /([^\s"'=,/]+?)_(\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)_(\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)_([^\s"',/]+)/g;

// lengths are the intervals that have a name: years, months, days, seconds.
const lengths = [
  ["P1Y", 1, 0, 0, 0], ["P3M", 0, 3, 0, 0], ["P1M", 0, 1, 0, 0], ["P1W", 0, 0, 7, 0], ["P1D", 0, 0, 1, 0], ["PT6H", 0, 0, 0, 21600], ["PT1H", 0, 0, 0, 3600],
  ["PT30M", 0, 0, 0, 1800], ["PT15M", 0, 0, 0, 900], ["PT10M", 0, 0, 0, 600], ["PT5M", 0, 0, 0, 300], ["PT1M", 0, 0, 0, 60], ["PT1S", 0, 0, 0, 1],
];

const shortTime = (time) => time.replace(/(?:(?:T00:00)?:00)?\.000Z$|Z$/, "");

const after = (start, [, years, months, days, seconds]) =>
  Date.UTC(start.getUTCFullYear() + years, start.getUTCMonth() + months, start.getUTCDate() + days, start.getUTCHours(), start.getUTCMinutes(), start.getUTCSeconds() + seconds, start.getUTCMilliseconds());

const shortVersion = (version) => version.replace(/^\d{4,}-\d\d-\d\dT\d\d:\d\d:(\d\d\.\d{3}Z)/, "…$1");

// shortSegment is a text with every segment's id in it shortened, as the commands shorten it:
// flights_2001-03-01/P1M_…53.343Z_1.
export const shortSegment = (text) =>
  text.replace(segment, (id, source, from, to, version) => {
    const start = new Date(from), end = Date.parse(to);
    if (Number.isNaN(start.getTime()) || Number.isNaN(end)) return id;
    return `${source}_${shortTime(from)}/${lengths.find((l) => after(start, l) === end)?.[0] ?? shortTime(to)}_${shortVersion(version)}`;
  });

// subject is what a step is about, in few words.
export function subject(step) {
  const ids = (step.subject ?? "").split(" "), [first] = ids;
  if (ids.length > 1 && shortSegment(first) !== first) return `${shortSegment(first)} and ${ids.length - 1} more`;
  return shortSegment(step.subject ?? "");
}

export const sourceOf = (id) => id.match(new RegExp(segment.source))?.[1] ?? id;

// roles say what a node of a kind is for.
export const roles = {
  coordinator: "A coordinator decides which historical serves which segment. Of several, one leads and the others wait.",
  overlord: "An overlord hands tasks to the workers. Of several, one leads and the others wait.",
  historical: "A historical keeps segments on its disk and answers queries about them.",
  middlemanager: "A middlemanager is a worker: it runs the tasks that write segments.",
  realtime: "A realtime node takes new rows in and answers queries about them until historicals serve their segment.",
  broker: "A broker takes queries, asks every server that has a part of the answer, and puts the parts together.",
};

// clock is a time of the day, to the millisecond.
export const clock = (time) => (time ? new Date(time).toISOString().slice(11, 23) : "");

// span is a duration in milliseconds.
export function span(ms) {
  if (ms < 0) ms = 0;
  if (ms < 9950) return `${(ms / 1000).toFixed(ms % 1000 ? 1 : 0)} s`;
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
