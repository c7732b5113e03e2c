// Follows the cluster: a status each second and soon after a step, and every step as it happens.
import { follow, get, list, Refused } from "./api.js";
import { goLive } from "./past.js";
import { store } from "./state.js";
import { pulsesOf } from "./pulses.js";

const held = 400; // steps
const listed = 100; // nodes of a status
const most = 10_000; // nodes
const every = 1000; // milliseconds between looks
const impatience = 4000; // milliseconds until a look counts as not answered
const rest = (ms) => new Promise((done) => setTimeout(done, ms));

let heardAt = 0; // when somebody answered last
let stream = new AbortController(); // ends the steps that come now
let asking = false; // a look is under way
let again = false; // and another is wanted

// look fetches the status, one at a time.
export async function look() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    seen(await get("status", { limit: listed }, { signal: AbortSignal.timeout(impatience) }));
  } catch (error) {
    missed(error);
  } finally {
    asking = false;
  }
  if (again) {
    again = false;
    setTimeout(look, 150);
  }
}

function seen(status) {
  const now = status.now ? Date.parse(status.now) : Date.now();
  const other = another(store.state.status, status);
  if (other) begin();
  heardAt = Date.now();
  store.set({ status: { ...status, nodes: status.nodes ?? [] }, offset: now - Date.now(), away: null });
  if (other) lookAround();
}

// another says that a status is of another run than the one before it.
const another = (before, status) => before && (status.seq < before.seq || ["name", "seed", "data", "zookeeper"].some((of) => status[of] !== before[of]));

// begin forgets what belonged to the run that was here before.
function begin() {
  stream.abort();
  goLive();
  store.set((state) => ({ run: state.run + 1, more: [], span: null, steps: [], changed: {}, asks: [], picked: null }));
}

function missed(error) {
  store.set((state) => ({ away: { since: state.away?.since ?? (heardAt || Date.now()), why: error.name === "TimeoutError" ? "no answer in time" : error.message, refused: error instanceof Refused ? error.status : 0 } }));
}

// lookAround fetches what a status does not list.
async function lookAround() {
  const { status, away, past } = store.state;
  if (away || !status) return;
  try {
    store.set({ span: await get("span") });
  } catch {
    // an older release has none
  }
  if (!past && status.total?.nodes > status.nodes.length) {
    store.set({ more: await nodesAfter(status.nodes.at(-1).name) });
  } else if (store.state.more.length && status.total?.nodes <= status.nodes.length) {
    store.set({ more: [] });
  }
}

async function nodesAfter(name) {
  const nodes = [];
  for (let next = name; next && nodes.length < most; ) {
    const page = await list("nodes", { after: next, limit: 1000 });
    nodes.push(...page.items);
    next = page.next;
  }
  return nodes;
}

// heard takes steps that have just happened.
function heard(steps) {
  const told = steps.filter((step) => step.verb);
  if (!told.length) return;
  const age = (step) => Date.now() + store.state.offset - Date.parse(step.time); // of a page just opened, most are old
  store.set((state) => ({
    steps: [...state.steps, ...told].slice(-held),
    changed: marked(state.changed, told, age),
    pulses: [...state.pulses, ...pulsesOf(state, told.filter((step) => age(step) < 2000))].slice(-40),
  }));
  soon();
}

function marked(changed, steps, age) {
  const now = Date.now(), next = {};
  for (const [path, mark] of Object.entries(changed)) if (now - mark.at < 3000) next[path] = mark;
  for (const step of steps.slice(-200)) if (step.path) next[step.path] = { at: now - age(step), how: step.op };
  return next;
}

let timer = 0;
function soon() {
  clearTimeout(timer);
  timer = setTimeout(look, 120);
}

// visible waits until somebody looks at the page. A browser has few connections to one address, and a stream keeps one.
const visible = () => new Promise((done) => {
  const check = () => document.hidden || (document.removeEventListener("visibilitychange", check), done());
  document.addEventListener("visibilitychange", check);
  check();
});

// untilHidden is a signal that ends what is only for somebody who looks.
function untilHidden() {
  const controller = (stream = new AbortController());
  document.addEventListener("visibilitychange", () => controller.abort(), { once: true });
  return controller.signal;
}

async function listen() {
  for (;;) {
    await visible();
    const { steps, status } = store.state;
    const after = steps.at(-1)?.seq ?? Math.max(0, (status?.seq ?? 0) - held);
    try {
      if (status) await follow(after, heard, untilHidden());
    } catch {
      // said by the next look
    }
    await rest(1000);
  }
}

// live begins to follow, and never ends.
export async function live() {
  await look();
  listen();
  get("verbs").then((verbs) => store.set({ verbs })).catch(() => {});
  lookAround();
  setInterval(() => document.hidden || look(), every);
  setInterval(() => document.hidden || lookAround().catch(() => {}), 3000);
}
