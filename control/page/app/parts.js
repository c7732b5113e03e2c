// Small parts that several components use.
import { Component, html, h, useEffect, useState } from "./vendor/htm-preact.js";
import { over, shown, store } from "./state.js";

const same = (a, b) => Object.keys(a).length === Object.keys(b).length && Object.keys(a).every((key) => a[key] === b[key]);

// still is a component that is drawn again only when one of its properties is another one.
export function still(draw) {
  return class extends Component {
    shouldComponentUpdate(next) {
      return !same(this.props, next);
    }
    render(props) {
      return h(draw, props);
    }
  };
}

// useNow is the cluster's time: of the past that the page looks at, of the end of a run that is over, or of now,
// several times a second.
export function useNow(every = 200) {
  const [, turn] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => store.state.past || over(store.state) || turn((n) => n + 1), every);
    return () => clearInterval(timer);
  }, [every]);
  const still = store.state.past || over(store.state);
  return still ? Date.parse(shown(store.state).now) : Date.now() + store.state.offset;
}

// Left is how long it is until a time.
export function Left({ until, after = "" }) {
  const now = useNow();
  if (store.state.away && !store.state.past) return "?"; // nobody knows
  const ms = Date.parse(until) - now;
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s${after}`;
}

// Copy puts a text onto the clipboard.
export function Copy({ text, name }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea"); // without https there is no clipboard of the newer kind
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return html`<button class="small" aria-label=${`Copy ${name}`} onClick=${copy}>${done ? "copied" : "copy"}</button>`;
}

// Row is a labelled fact.
export const Row = ({ name, children }) => html`<div class="fact"><dt>${name}</dt><dd>${children}</dd></div>`;

// hostNode is the node at a host:port.
export function hostNode(host) {
  return shown(store.state)?.nodes.find((n) => n.host === host)?.name ?? host;
}
