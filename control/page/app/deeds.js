// What the page does to the cluster, and what the visitor does to the page.
import { fault } from "./api.js";
import { look } from "./live.js";
import { keep, store } from "./state.js";

let asked = 0;

// ask carries out an expression. That it was asked shows at once; what came of it, in the same place.
export async function ask(expression) {
  const id = ++asked;
  const change = (what) => store.set((state) => ({ asks: state.asks.map((a) => (a.id === id ? { ...a, ...what } : a)) }));
  store.set((state) => ({ asks: [{ id, expression, state: "asked" }, ...state.asks].slice(0, 8) }));
  try {
    const done = await fault(expression);
    change({ state: "done", nodes: done.nodes ?? [], fault: done.id, made: done.made });
    look();
    return done;
  } catch (error) {
    change({ state: "failed", error: error.message });
    return null;
  }
}

// once says whether a click is not the second one of a double click, which is meant as one.
export const once = (event) => event.detail < 2;

export const forget = (id) => store.set((state) => ({ asks: state.asks.filter((a) => a.id !== id) }));

export const pick = (picked) => store.set({ picked });

function kept(key, value) {
  keep(key, value);
  store.set({ [key]: value });
}

export const openTab = (tab) => kept("tab", tab);
export const guide = (on) => kept("guided", on);
export const openChapter = (n) => kept("chapter", n);
export const hush = (on) => kept("quiet", on);
