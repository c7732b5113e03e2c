// The cluster as a picture.
import { Component, html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./vendor/htm-preact.js";
import { layout, line } from "./layout.js";
import { pick } from "./deeds.js";
import { still, useNow } from "./parts.js";
import { nodesOf, shown, store } from "./state.js";
import { span } from "./words.js";

const letter = (kind) => (kind[0] ?? "?").toUpperCase();

// stateOf is a node's state as it is drawn, when nobody answers, too.
const stateOf = (node, away) => (away ? "unknown" : node.state);

const spoken = ({ name, kind, state, leader, note, faults }) =>
  `${name}, ${kind}, ${state}${leader ? ", leads" : ""}${note ? `, ${note}` : ""}${faults ? `, ${faults} armed` : ""}`;

function useWidth(ref) {
  const [width, set] = useState(0);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => set(Math.floor(entry.contentRect.width)));
    observer.observe(ref.current);
    set(Math.floor(ref.current.getBoundingClientRect().width));
    return () => observer.disconnect();
  }, []);
  return width;
}

// endOf is when the session of a node ends unless it is heard from, or when ZooKeeper gives up what a dead one left.
export const endOf = (node) => node.ends ?? node.lingering?.map((l) => l.ends).filter(Boolean).sort().at(-1);

function Ring({ ends, timeout, r, dead }) {
  const now = useNow(dead ? 100 : 250);
  const share = Math.max(0, Math.min(1, (Date.parse(ends) - now) / timeout));
  const round = 2 * Math.PI * (r + 4);
  return html`<circle class=${`ring ${dead ? "dead" : ""}`} r=${r + 4} stroke-dasharray=${`${(round * share).toFixed(1)} ${round.toFixed(1)}`} transform="rotate(-90)" />`;
}

const Crown = ({ r }) => html`<path class="crown" transform=${`translate(0 ${-r - 9})`} d="M-9 3V-6L-4.5-1.5 0-8 4.5-1.5 9-6V3Z" />`;

// choose makes an element that is picked with a click, Enter or space. Arrow keys go from one to the next.
const choose = (picked, reached = true) => ({
  tabindex: reached ? 0 : -1,
  role: "button",
  onClick: (e) => (e.stopPropagation(), pick(picked)),
  onKeyDown: (e) => pressed(e, picked),
});

function pressed(event, picked) {
  const { key, currentTarget: here } = event;
  if (key === "Enter" || key === " ") {
    pick(picked);
    setTimeout(() => document.querySelector(".sheet button")?.focus(), 50); // what can be done to it is far down the page
  }
  else if (key === "ArrowRight" || key === "ArrowDown") here.nextElementSibling?.focus();
  else if (key === "ArrowLeft" || key === "ArrowUp") here.previousElementSibling?.focus();
  else return;
  event.preventDefault();
}

const dead = (state) => state === "killed" || state === "stopped" || state === "absent";

// Node takes nothing but plain values, so that it is drawn again only when one of them changes.
const Node = still((n) => {
  const classes = ["node", n.state, n.leader && "leader", n.lingers && "lingers", n.picked && "picked", n.faults && "faulty"].filter(Boolean).join(" ");
  return html`<g class=${classes} data-node=${n.name} transform=${`translate(${n.x} ${n.y})`} aria-label=${spoken(n)} ...${choose({ kind: "node", name: n.name }, n.reached)}>
    <title>${spoken(n)}</title>
    ${n.r > 5 && html`<circle class="target" r=${n.r + 5} />`}
    <circle class="body" r=${n.r} />
    ${n.named && html`<${Named} ...${n} />`}
  </g>`;
});

const Named = (n) => html`
  <text class="letter" y="5.5">${letter(n.kind)}</text><text class="name" y=${n.r + 19}>${n.name}</text>
  ${n.ends && n.timeout && html`<${Ring} ends=${n.ends} timeout=${n.timeout} r=${n.r} dead=${dead(n.state) || n.state === "paused"} />`}
  ${n.leader && html`<${Crown} r=${n.r} />`}
  ${dead(n.state) && html`<path class="cross" d="M-7-7 7 7M7-7-7 7" />`}`;

const Edge = still(({ node, d, state, cut, picked }) => html`<g class=${`edge ${state} ${cut ? "cut" : ""} ${picked ? "picked" : ""}`} data-link=${node} aria-label=${`the link of ${node} to ZooKeeper`} ...${choose({ kind: "link", name: node })}>
  <title>${node} ↔ ZooKeeper: click for what can happen to the link</title>
  <path class="reach" d=${d} /><path class="wire" d=${d} />
</g>`);

const Pulse = still(({ d, inward, lapsed }) => html`<path class=${`pulse ${inward ? "in" : "out"} ${lapsed ? "lapsed" : ""}`} d=${d} pathLength="1" />`);

function Zoo({ zoo, status, away, picked }) {
  const gone = away || Boolean(status?.zookeeperAway);
  return html`<g class=${`zoo ${gone ? "unknown" : ""} ${picked ? "picked" : ""}`} aria-label="ZooKeeper" data-node="zookeeper" ...${choose({ kind: "zookeeper", name: "zookeeper" })}>
    <rect x=${zoo.x - zoo.w / 2} y=${zoo.y - zoo.h / 2} width=${zoo.w} height=${zoo.h} rx=${zoo.h / 2} />
    <text class="title" x=${zoo.x} y=${zoo.y - 3}>ZooKeeper</text>
    <text class="sub" x=${zoo.x} y=${zoo.y + 15}>${gone ? "does not answer" : `sessions end after ${span(status?.sessionTimeoutMillis ?? 0)}${zoo.w > 200 ? " of silence" : ""}`}</text>
  </g>`;
}

const linkFault = /^\S+ (cut|partition|delay|drop|bandwidth|reset|pause)\b/;

// Picture draws the nodes, ZooKeeper and what passes between them.
export function Picture({ state }) {
  const box = useRef(null), width = useWidth(box), nodes = nodesOf(state), status = shown(state), away = Boolean(state.away) && !state.past;
  const shape = nodes.map((n) => `${n.kind} ${n.name}`).join();
  const plan = useMemo(() => width && layout(nodes, width), [shape, width]);
  useEffect(() => {
    if (!state.pulses.length) return;
    const timer = setTimeout(() => store.set((s) => ({ pulses: s.pulses.filter((p) => Date.now() - p.at < 1500) })), 1600);
    return () => clearTimeout(timer);
  }, [state.pulses]);
  return html`<div class="picture" ref=${box}>${plan && html`<svg width=${width} height=${plan.height} role="group" aria-label="The nodes and ZooKeeper" onClick=${() => pick(null)}>
    <g>${linesOf(nodes, plan, state, away, true)}</g>
    <${Blocks} plan=${plan} />
    <g>${linesOf(nodes, plan, state, away, false)}</g>
    <${Labels} plan=${plan} />
    <${Zoo} zoo=${plan.zoo} status=${status} away=${away} picked=${state.picked?.kind === "zookeeper"} />
    ${nodesIn(nodes, plan, state, status, away)}
  </svg>`}</div>`;
}

const Blocks = still(({ plan }) => plan.blocks.map((b) => html`<rect key=${b.kind} class="block" x=${b.x + 1} y=${b.y} width=${b.w} height=${b.h} rx="12" />`));

const Labels = still(({ plan }) => plan.blocks.map((b) => html`<text key=${b.kind} class="label" x=${b.x + 14} y=${b.y + 18}>${b.kind}${b.count > 2 ? ` · ${b.count}` : ""}</text>`));

// linesOf are the lines of far blocks, which go behind the near ones, or those of the near blocks.
const linesOf = (nodes, plan, state, away, far) => [
  ...plan.blocks.filter((b) => b.far === far && b.size.r < 5).map((b) => html`<path key=${`trunk-${b.kind}`} class="trunk" d=${trunk(plan, b)} />`),
  ...nodes.filter((n) => plan.at.get(n.name)?.block.far === far).map((n) => edgeOf(n, plan, state, away)),
  ...state.pulses.filter((p) => plan.at.get(p.node)?.block.far === far).map((p) => pulseOf(p, plan)),
];

const trunk = (plan, b) => line(plan.zoo, { x: b.x + b.w / 2, y: b.y < plan.zoo.y ? b.y + b.h : b.y }, 0).d;

function edgeOf(node, plan, state, away) {
  const place = plan.at.get(node.name);
  if (place.block.size.r < 5) return null;
  const { d } = line(plan.zoo, place, place.block.size.named ? place.block.size.r + (place.y < plan.zoo.y ? 24 : 16) : place.block.size.r);
  const picked = state.picked?.kind === "link" && state.picked.name === node.name;
  return html`<${Edge} key=${`edge-${node.name}`} node=${node.name} d=${d} state=${stateOf(node, away)} cut=${Boolean(node.faults?.some((f) => linkFault.test(f)))} picked=${picked} />`;
}

function pulseOf(pulse, plan) {
  const place = plan.at.get(pulse.node);
  const { d } = line(plan.zoo, place, place.block.size.r);
  return html`<${Pulse} key=${`pulse-${pulse.id}`} d=${d} inward=${pulse.inward} lapsed=${pulse.lapsed} />`;
}

// factsOf are the plain values that a node is drawn from.
function factsOf(node, place, state, status, away) {
  const { r, named } = place.block.size, shownState = stateOf(node, away);
  return {
    key: node.name, name: node.name, kind: node.kind, state: shownState, leader: node.leader && !away, note: node.note,
    lingers: dead(shownState) && Boolean(node.lingering?.length), faults: node.faults?.length ?? 0, ends: named && !away ? endOf(node) : "", timeout: status?.sessionTimeoutMillis,
    x: place.x.toFixed(1), y: place.y.toFixed(1), r, named, reached: r > 5 || place.first, picked: state.picked?.name === node.name && state.picked.kind === "node",
  };
}

const few = 10; // nodes of a chunk

// Chunk is a few nodes of a compact block: it is drawn again only when one of them looks different.
class Chunk extends Component {
  shouldComponentUpdate(next) {
    return next.looks !== this.props.looks || next.plan !== this.props.plan;
  }
  render({ facts }) {
    return facts().map((f) => html`<${Node} ...${f} />`);
  }
}

const looksOf = (node, state, away) => `${node.name}${stateOf(node, away)}${node.leader}${node.note ?? ""}${node.faults?.length ?? 0}${state.picked?.name === node.name}`;

// nodesIn draws the nodes: those of large blocks in chunks, as there may be thousands.
function nodesIn(nodes, plan, state, status, away) {
  const large = [], small = [];
  for (const node of nodes) {
    const place = plan.at.get(node.name);
    if (place) (place.block.size.r > 5 ? small : large).push([node, place]);
  }
  const chunks = [];
  for (let i = 0; i < large.length; i += few) {
    const members = large.slice(i, i + few);
    chunks.push(html`<${Chunk} key=${`chunk-${members[0][0].name}`} plan=${plan} looks=${members.map(([n]) => looksOf(n, state, away)).join()} facts=${() => members.map(([n, place]) => factsOf(n, place, state, status, away))} />`);
  }
  return [...small.map(([n, place]) => html`<${Node} ...${factsOf(n, place, state, status, away)} />`), ...chunks];
}
