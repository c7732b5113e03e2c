// The page's address says where the visitor is, so that back, forward, a link and a reload find that place again:
// #story/5, #play/tree, and #play/tree/120 for the moment after step 120.
import { goLive, lookBack } from "./past.js";
import { keep, store } from "./state.js";

const tabs = ["ladder", "tree", "segments", "tasks", "faults"];

let timer = 0;

const written = ({ guided, chapter, tab, past }) => `#${guided ? `story/${chapter + 1}` : `play/${tab}`}${past ? `/${past.seq}` : ""}`;

// placeOf is what an address says, or null.
export function placeOf(hash) {
  const [, way, where, moment] = /^#(story|play)\/(\w+)(?:\/(\d+))?$/.exec(hash) ?? [];
  if (way === "story" && where >= 1 && where <= 6) return { guided: true, chapter: where - 1, moment };
  return way === "play" && tabs.includes(where) ? { guided: false, tab: where, moment } : null;
}

// goTo shows what the address says.
function goTo() {
  const place = placeOf(location.hash);
  if (!place) return;
  const { moment, ...kept } = place;
  for (const [key, value] of Object.entries(kept)) keep(key, value);
  store.set(kept);
  if (moment) lookBack(Number(moment));
  else if (store.state.past || store.state.wanted !== null) goLive();
}

// address begins to keep the address and the place of the visitor one. Moments replace each other; places do not.
export function address() {
  goTo();
  let last = store.state;
  if (!placeOf(location.hash)) history.replaceState(null, "", written(last));
  addEventListener("popstate", goTo);
  store.listen((state) => {
    const moved = ["guided", "chapter", "tab"].some((key) => state[key] !== last[key]), hash = written(state);
    last = state;
    if (hash === location.hash) return clearTimeout(timer);
    clearTimeout(timer);
    if (moved) history.pushState(null, "", hash);
    else if (state.wanted === null || state.past) later();
  });
}

// later writes the moment once the slider rests: browsers allow few changes of an address.
function later() {
  clearTimeout(timer);
  timer = setTimeout(() => history.replaceState(null, "", written(store.state)), 200);
}
