// Looks back: the same page as it was right after a step.
import { get } from "./api.js";
import { store, over } from "./state.js";

const before = 120; // steps that the ladder shows of the past
let going = false;

// lookBack shows the cluster as it was after a step. While the slider moves, only the last place asked for counts.
export async function lookBack(seq) {
  store.set({ wanted: seq });
  if (going) return;
  going = true;
  try {
    while (store.state.wanted !== null && store.state.wanted !== store.state.past?.seq) await fetchPast(store.state.wanted);
  } catch (error) {
    store.set((state) => ({ wanted: state.past?.seq ?? null, playing: false, trouble: error.message }));
  } finally {
    going = false;
  }
}

async function fetchPast(seq) {
  const [status, page] = await Promise.all([get("status", { at: seq, limit: 5000 }), get("steps", { before: seq + 1, limit: before })]);
  if (store.state.wanted === null) return; // back to live meanwhile
  const steps = [...(page.steps ?? [])].sort((a, b) => a.seq - b.seq);
  store.set({ past: { seq, status: { ...status, nodes: status.nodes ?? [] }, steps }, pulses: [], trouble: null });
}

// goLive shows the cluster of now again.
export function goLive() {
  store.set({ past: null, wanted: null, playing: false, pulses: [], trouble: null });
}

// stepBy goes so many steps forwards, or backwards.
export function stepBy(n) {
  const { span, wanted, past, status } = store.state;
  if (!span) return;
  const last = Math.max(span.last, status?.seq ?? 0);
  const from = wanted ?? past?.seq ?? last;
  const to = Math.min(last, Math.max(span.first, from + n));
  if (to === last && !over(store.state) && n > 0) goLive();
  else lookBack(to);
}

let timer = 0;

// play goes on step by step until the end, or stops doing so.
export function play(on) {
  clearInterval(timer);
  store.set({ playing: on });
  if (!on) return;
  timer = setInterval(() => {
    const { span, past, playing, wanted } = store.state;
    if (!playing || !past || past.seq >= span.last) return play(false);
    if (wanted === past.seq) stepBy(1);
  }, 250);
}
