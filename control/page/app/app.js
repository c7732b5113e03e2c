// The page as a whole.
import { html, render, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { address } from "./address.js";
import { guide, openTab, pick } from "./deeds.js";
import { Armed, Asks, ByWords, Faults } from "./faults.js";
import { keepFocus } from "./focus.js";
import { Ladder } from "./ladder.js";
import { live } from "./live.js";
import { useNow } from "./parts.js";
import { play, stepBy } from "./past.js";
import { Picture } from "./picture.js";
import { Servers } from "./servers.js";
import { Sheet } from "./sheet.js";
import { Slider } from "./slider.js";
import { over, settled, shown, store } from "./state.js";
import { Story } from "./story.js";
import { Tasks } from "./tasks.js";
import { Tree } from "./tree.js";
import { clock, count, span } from "./words.js";

// Away says since when nobody answers.
function Away({ away, status, offset }) {
  const now = useNow(1000) - offset;
  const why = away.refused === 401 ? "The address asks for a token: open it with ?token=…" : `${location.host} does not answer (${away.why}).`;
  return html`<div class="away" role="alert"><b>Nobody has answered for ${span(Math.floor((now - away.since) / 1000) * 1000)}.</b> ${why}${status ? " What you see is from before. " : " "}The page tries again each second.</div>`;
}

// Headline is the one thing that matters most now. A screen reader hears it when it is about something else.
function Headline({ state }) {
  const status = shown(state);
  const line = status.headline?.text ? status.headline : { level: status.ready ? "ok" : "warn", text: `${count(status.total?.nodes ?? status.nodes.length, "node")}${status.ready ? "" : ", still starting"}`, about: [] };
  const about = `${line.level} ${(line.about ?? []).join()}`, said = useRef({ about: "", text: "" });
  if (said.current.about !== about) said.current = { about, text: line.text };
  return html`<div class=${`headline ${state.away && !state.past ? "unknown" : line.level}`}><i aria-hidden="true" /><h1>${line.text}</h1><span class="unseen" role="status" aria-live="polite">${said.current.text}</span></div>`;
}

function Top({ state }) {
  const status = shown(state);
  return html`<header><span class="brand"><svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true"><path d="M16 16 5 7M16 16 27 7M16 16 5 25M16 16l11 9" /><circle cx="16" cy="16" r="5" /><circle cx="5" cy="7" r="3" /><circle cx="27" cy="7" r="3" /><circle cx="5" cy="25" r="3" /><circle cx="27" cy="25" r="3" /></svg>oakmoot</span>
    <b class="name">${status.name}</b><span class="dim seed" title="the seed of random choices">seed ${status.seed}</span>
    <nav aria-label="Ways to look"><button aria-pressed=${state.guided} onClick=${() => guide(true)}>Story</button><button aria-pressed=${!state.guided} onClick=${() => guide(false)}>Free play</button></nav></header>`;
}

const tabs = [
  { id: "ladder", name: "Ladder", draw: Ladder },
  { id: "tree", name: "Tree", draw: Tree },
  { id: "segments", name: "Segments", draw: Servers },
  { id: "tasks", name: "Tasks", draw: Tasks },
  { id: "faults", name: "Faults & plan", draw: Faults },
];

function Tabs({ state }) {
  const now = Math.max(0, tabs.findIndex((t) => t.id === state.tab)), list = useRef(null);
  const move = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = (now + by + tabs.length) % tabs.length;
    openTab(tabs[next].id);
    list.current.children[next].focus();
  };
  const { draw, id, name } = tabs[now];
  return html`<div class="lower"><div class="tabs" role="tablist" aria-label="More" ref=${list} onKeyDown=${move}>${tabs.map((t, i) => html`<button key=${t.id} role="tab" id=${`tab-${t.id}`} aria-selected=${i === now} tabindex=${i === now ? 0 : -1} onClick=${() => openTab(t.id)}>${t.name}${badge(t.id, state)}</button>`)}</div>
    <div class="pane" role="tabpanel" aria-label=${name} key=${id}><${draw} state=${state} /></div></div>`;
}

function badge(id, state) {
  const status = shown(state), n = { segments: status.total?.segments, tasks: status.total?.tasks, faults: status.faults?.length }[id];
  return n ? html` <span class="badge">${n.toLocaleString("en")}</span>` : "";
}

function Side({ state }) {
  if (state.guided) return html`<aside>${state.picked && html`<${Sheet} state=${state} />`}<${Story} state=${state} /></aside>`;
  if (state.picked) return html`<aside><${Sheet} state=${state} /></aside>`;
  if (over(state)) return html`<aside><div class="card"><h2>This run is over</h2><p>The slider goes to any moment of it, and everything here shows that moment. Click a node to see its session.</p><${Armed} state=${state} /></div></aside>`;
  if (state.past) return html`<aside><div class="card"><h2>Looking back</h2><p>${settled(state)}</p><p class="dim">Everything here shows that moment. Click a node to see its session.</p><${Armed} state=${state} /></div></aside>`;
  return html`<aside><div class="card"><h2>What can go wrong</h2><p class="dim">Click a node, a line or ZooKeeper, or say it:</p>
    <${ByWords} state=${state} /><${Asks} state=${state} /><${Armed} state=${state} /></div></aside>`;
}

function keys(event) {
  if (event.key === "Escape") pick(null);
  if (event.target !== document.body || event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.key === "ArrowLeft") stepBy(-1);
  if (event.key === "ArrowRight") stepBy(1);
  if (event.key === " " && store.state.past) {
    event.preventDefault();
    play(!store.state.playing);
  }
}

function App() {
  const [state, set] = useState(store.state);
  useEffect(() => store.listen(set), []);
  useEffect(() => {
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, []);
  const status = shown(state);
  if (!status) return html`<main>${state.away ? html`<${Away} away=${state.away} offset=${state.offset} />` : html`<p class="first">Looking for the cluster…</p>`}</main>`;
  return html`<main key=${state.run} class=${`${state.past ? "back" : ""} ${state.away && !state.past ? "unknown" : ""}`}>
    <${Top} state=${state} />
    ${state.away && html`<${Away} away=${state.away} status=${status} offset=${state.offset} />`}
    ${status.zookeeperAway && html`<div class="away" role="alert"><b>ZooKeeper does not answer</b> since ${clock(status.zookeeperAway)}.</div>`}
    <${Headline} state=${state} />
    <${Slider} state=${state} />
    <div class="stage"><${Picture} state=${state} /><${Side} state=${state} />
    ${state.guided ? html`<div class="lower"><div class="pane"><${Ladder} state=${state} title="Steps as they happen" /></div></div>` : html`<${Tabs} state=${state} />`}</div>
    ${status.unknown?.length > 0 && state.past && html`<p class="dim">Not known at this moment: ${status.unknown.join(", ")}.</p>`}
  </main>`;
}

const page = Object.assign(document.getElementById("app"), { textContent: "" });
address();
keepFocus(page);
render(html`<${App} />`, page);
live();
