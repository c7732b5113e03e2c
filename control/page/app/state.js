// The one object that owns what the page knows. Components draw it, and change it only by the functions of live.js,
// past.js and deeds.js.

export class Store {
  #told = new Set();
  #due = false;

  constructor(first) {
    this.state = Object.freeze(first);
  }

  // set merges a change, or what a function makes of the state, and tells the listeners once for all changes of a turn.
  set(change) {
    this.state = Object.freeze({ ...this.state, ...(typeof change === "function" ? change(this.state) : change) });
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      for (const tell of this.#told) tell(this.state);
    });
  }

  listen(tell) {
    this.#told.add(tell);
    return () => this.#told.delete(tell);
  }
}

const kept = (key, otherwise) => {
  try {
    return JSON.parse(sessionStorage.getItem(`oakmoot.${key}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
};

// keep has a reload find a value again.
export function keep(key, value) {
  try {
    sessionStorage.setItem(`oakmoot.${key}`, JSON.stringify(value));
  } catch {
    // the browser keeps nothing for us
  }
}

export const store = new Store({
  status: null, // of now
  run: 0, // how many other runs answered at this address before this one
  offset: 0, // the cluster's clock less the browser's, in milliseconds
  more: [], // nodes beyond those of the status
  away: null, // { since, why } while nobody answers
  span: null,
  steps: [], // the latest, oldest first
  pulses: [], // on the picture
  changed: {}, // path → { at, how } of znodes that have just changed
  verbs: [],
  asks: [], // what was asked of the cluster, newest first
  past: null, // { seq, status, steps } while the page looks back
  wanted: null, // the place that the slider stands at while the past is being fetched
  playing: false,
  picked: null, // { kind: "node" | "link" | "zookeeper", name }
  tab: kept("tab", "ladder"),
  guided: kept("guided", true),
  chapter: kept("chapter", 0),
  quiet: kept("quiet", true), // the ladder leaves out sessions and directories
});

// shown is the status that the page draws: of now, or of the past.
export const shown = (state) => state.past?.status ?? state.status;

// nodesOf are all nodes that the page draws.
export const nodesOf = (state) => (state.past ? state.past.status.nodes : [...(state.status?.nodes ?? []), ...state.more]);

// stepsOf are the steps that the page draws, oldest first.
export const stepsOf = (state) => state.past?.steps ?? state.steps;

// settled says why what the page shows cannot be changed any more, or "".
export function settled(state) {
  if (over(state)) return "This run is over: nothing can be done to it any more.";
  return state.past ? "This is the past: go back to live to do something." : "";
}

// barred says why nothing can be done to the cluster, or "".
export const barred = (state) => settled(state) || (state.away ? "Nobody answers: nothing can be done now." : "");

// over says that the run has ended: the page plays a record.
export const over = (state) => state.span?.live === false;
