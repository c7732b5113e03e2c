// What is picked in the picture: a node, a link or ZooKeeper, and what can be done to it.
import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { get, list } from "./api.js";
import { ask, once, pick } from "./deeds.js";
import { Asks, Toml } from "./faults.js";
import { Left, Row } from "./parts.js";
import { endOf } from "./picture.js";
import { barred, nodesOf, settled, shown } from "./state.js";
import { count, roles, shortSegment, span } from "./words.js";

// first are the verbs at hand, by the state of a node.
const first = {
  up: ["kill", "stop", "pause", "restart", "expire_session", "disconnect"],
  starting: ["kill", "stop"],
  paused: ["resume", "kill"],
  killed: ["start"],
  stopped: ["start"],
  present: ["expire_session", "disconnect"],
};

// ofLink are what can happen between a node and ZooKeeper.
const ofLink = (node) => [
  { verb: "cut", expression: `cut ${node} from zookeeper`, lasts: true },
  { verb: "partition", expression: `partition ${node} from zookeeper`, lasts: true },
  { verb: "partition, only what it sends", expression: `partition ${node} from zookeeper direction to`, lasts: true },
  { verb: "delay by 500 ms", expression: `delay ${node} from zookeeper by 500ms`, lasts: true },
  { verb: "drop a tenth", expression: `drop ${node} from zookeeper share 10%`, lasts: true },
  { verb: "close it once", expression: `disconnect ${node}` },
];

const ofZooKeeper = [
  { verb: "take it away", expression: "zk_down", lasts: true },
  { verb: "read-only", expression: "zk_readonly", lasts: true },
  { verb: "slow log", expression: "zk_slow_sync by 500ms", lasts: true },
];

const spans = [["", "until healed"], ["5s", "for 5 s"], ["20s", "for 20 s"], ["60s", "for a minute"]];

function deedsOf(node, verbs) {
  const selector = `${node.kind}.${node.name}`;
  const near = (first[node.state] ?? []).map((name) => ({ verb: name, expression: `${name} ${selector}`, lasts: (verbs.find((v) => v.name === name)?.usage ?? "").includes("[for SPAN]") }));
  if (node.faults?.length) near.push({ verb: "heal", expression: `heal ${selector}` });
  return near;
}

// othersOf are the remaining verbs that a node of a kind takes, each as an example about this node.
function othersOf(node, verbs) {
  const near = first[node.state] ?? [];
  return verbs.filter((v) => v.usage.includes(" SELECTOR") && !near.includes(v.name) && v.name !== "heal" && (!v.kinds?.length || v.kinds.includes(node.kind)))
    .map((v) => ({ verb: v.name, help: v.help, expression: [v.name, `${node.kind}.${node.name}`, ...(v.example ?? "").split(" ").slice(2)].join(" ") }));
}

// Palette is buttons, with how long it is to last and the step of a topology that would do the same.
export function Palette({ deeds, others = [], disabled }) {
  const [lasts, setLasts] = useState(""), [said, say] = useState("");
  const whole = (deed) => deed.expression + (deed.lasts && lasts ? ` for ${lasts}` : "");
  const latest = deeds.find((d) => d.verb === said) ?? deeds[0];
  const other = others.find((o) => o.verb === said);
  const [edited, edit] = useState("");
  useEffect(() => edit(other?.expression ?? ""), [other?.expression]);
  return html`<fieldset class="palette" disabled=${disabled}>
    <div class="buttons">${deeds.map((d) => html`<button key=${d.verb} class=${d.verb === "kill" ? "danger" : ""} data-verb=${d.verb} onFocus=${() => say(d.verb)} onMouseEnter=${() => say(d.verb)} onClick=${(e) => (say(d.verb), once(e) && ask(whole(d)))}>${d.verb.replaceAll("_", " ")}</button>`)}</div>
    <div class="bar">
      ${deeds.some((d) => d.lasts) && html`<select aria-label="how long" value=${lasts} onChange=${(e) => setLasts(e.target.value)}>${spans.map(([value, name]) => html`<option key=${value} value=${value}>${name}</option>`)}</select>`}
      ${others.length > 0 && html`<select aria-label="more faults" value=${other ? said : ""} onChange=${(e) => say(e.target.value)}><option value="">more…</option>${others.map((o) => html`<option key=${o.verb} value=${o.verb} title=${o.help}>${o.verb}</option>`)}</select>`}
    </div>
    ${other && html`<p class="hint">${other.help}</p><div class="bar"><input aria-label="the fault by words" value=${edited} onInput=${(e) => edit(e.target.value)} /><button class="main" onClick=${(e) => once(e) && ask(edited)}>do</button></div>`}
    ${(other || latest) && html`<${Toml} expression=${other ? edited : whole(latest)} />`}
  </fieldset>`;
}

// Barred says why nothing can be done, if so.
export const Barred = ({ state }) => barred(state) && html`<p class="dim">${barred(state)}</p>`;

// useOwned are the ephemerals of a node's sessions.
export function useOwned(name, at, version) {
  const [owned, set] = useState({ paths: [], total: 0 });
  useEffect(() => {
    let mine = true;
    if (!name) return;
    get("owned", { node: name, at })
      .catch(() => list("tree", { path: "/", limit: 2000, at }).then(({ items }) => items.filter((z) => z.owner === name).map((z) => z.path)).then((paths) => ({ paths: paths.slice(0, 100), total: paths.length })))
      .then((found) => mine && set({ paths: found.paths ?? [], total: found.total ?? 0, of: name }), () => {});
    return () => (mine = false);
  }, [name, at, version]);
  return owned.of === name ? owned : { paths: [], total: 0 };
}

// dying is how many znodes die with a session, once that is known.
export const dying = (owned) => (owned.of ? count(owned.total, "znode") : "its znodes");

export const Owned = ({ owned }) => html`<ul class="paths">${owned.paths.slice(0, 12).map((p) => html`<li key=${p}><code title=${p}>${shortSegment(p)}</code></li>`)}${owned.total > 12 && html`<li class="dim">… and ${owned.total - 12} more</li>`}</ul>`;

function Head({ name, what, children }) {
  const here = useRef(null);
  const close = () => {
    const picked = document.querySelector(".picked"); // goes on with the keyboard where the sheet was opened
    if (here.current.contains(document.activeElement)) picked?.focus({ preventScroll: true });
    pick(null);
  };
  return html`<div class="sheet" role="region" aria-label=${name} ref=${here} onKeyDown=${(e) => e.key === "Escape" && close()}>
    <div class="bar"><h2 class="grow">${name} <small>${what}</small></h2><button class="small plainly" aria-label="Close" onClick=${close}>✕</button></div>${children}</div>`;
}

function NodeSheet({ node, state }) {
  const status = shown(state), ends = endOf(node), away = state.away && !state.past;
  const owned = useOwned(node.name, state.past?.seq, node.session + node.ephemerals + node.state);
  return html`<${Head} name=${node.name} what=${node.kind}>
    ${roles[node.kind] && html`<p class="dim">${roles[node.kind]}</p>`}
    <dl>
      <${Row} name="state">${away ? "when it was last heard of: " : ""}<b class=${`state ${node.state}`}>${node.state}</b>${node.leader ? ", leads" : ""}${node.since ? html` <span class="dim">since ${node.since.slice(11, 19)}</span>` : ""}${node.note ? html`<br />${node.note}` : ""}<//>
      <${Row} name="address"><code>${node.host}</code><//>
      <${Row} name="session"><code>${node.session || (node.lingering ?? []).map((l) => l.session).join(", ") || "none"}</code>${ends && status.sessionTimeoutMillis && !away ? html`<br /><span class="dim">${node.session ? "ends unless it is heard from within " : "ends in "}<${Left} until=${ends} /></span>` : ""}<//>
      ${node.version && html`<${Row} name="version">${node.version}<//>`}
      ${node.faults?.length > 0 && html`<${Row} name="faults">${node.faults.map((f) => html`<div key=${f}>${f}</div>`)}<//>`}
      ${node.remarks?.length > 0 && html`<${Row} name="remarks">${node.remarks.join("; ")}<//>`}
    </dl>
    <details><summary>${dying(owned)} ${owned.total === 1 ? "dies" : "die"} with its session</summary><${Owned} owned=${owned} /></details>
    ${settled(state) ? "" : html`<${Palette} deeds=${deedsOf(node, state.verbs)} others=${othersOf(node, state.verbs)} disabled=${Boolean(barred(state))} />`}<${Barred} state=${state} /><${Asks} state=${state} />
  <//>`;
}

function LinkSheet({ node, state }) {
  return html`<${Head} name=${`${node.name} ↔ ZooKeeper`} what="link">
    <p>${node.name} sends ZooKeeper something at least every ${span((shown(state).sessionTimeoutMillis ?? 0) / 3)}. If ZooKeeper hears nothing for ${span(shown(state).sessionTimeoutMillis ?? 0)}, it ends the session.</p>
    <${Palette} deeds=${ofLink(`${node.kind}.${node.name}`)} disabled=${Boolean(barred(state))} /><${Barred} state=${state} /><${Asks} state=${state} /><//>`;
}

function ZooSheet({ state }) {
  const status = shown(state);
  return html`<${Head} name="ZooKeeper" what="one tree for all"><dl><${Row} name="address"><code>${status.zookeeper}</code><//><${Row} name="base"><code>${status.base}</code><//>
    ${status.zxid ? html`<${Row} name="latest change"><code>zxid 0x${Number(status.zxid).toString(16)}</code><//>` : ""}</dl>
    <${Palette} deeds=${ofZooKeeper} disabled=${Boolean(barred(state))} /><${Barred} state=${state} /><${Asks} state=${state} /><//>`;
}

// Sheet is about what is picked.
export function Sheet({ state }) {
  const { kind, name } = state.picked;
  if (kind === "zookeeper") return html`<${ZooSheet} state=${state} />`;
  const node = nodesOf(state).find((n) => n.name === name);
  if (!node) return null;
  return kind === "link" ? html`<${LinkSheet} key=${name} node=${node} state=${state} />` : html`<${NodeSheet} key=${name} node=${node} state=${state} />`;
}
