// The ladder: a step a row, a lane for each node and one for ZooKeeper.
import { html, useEffect, useLayoutEffect, useRef, useState } from "./vendor/htm-preact.js";
import { get } from "./api.js";
import { hush } from "./deeds.js";
import { Copy, Row, still } from "./parts.js";
import { nodesOf, stepsOf } from "./state.js";
import { clock, pretty, subject } from "./words.js";

const most = { rows: 80, lanes: 14 };
const wide = 20; // pixels of a lane
const leftKinds = ["coordinator", "overlord"];
const plain = ["layout", "session"]; // protocols that the quiet ladder leaves out

export const shortName = (name) => {
  const digits = /\d+$/.exec(name)?.[0] ?? "";
  return (name[0] ?? "?").toUpperCase() + digits.slice(-3);
};

// lanesOf are the lanes from left to right: those who elect, ZooKeeper, the others; only nodes that have a step.
function lanesOf(steps, nodes) {
  const kind = new Map(nodes.map((n) => [n.name, n.kind])), host = new Map(nodes.map((n) => [n.host, n.name])), seen = new Set();
  for (const step of [...steps].reverse()) {
    for (const name of [step.node, host.get(step.peer)]) if (kind.has(name) && seen.size < most.lanes) seen.add(name);
  }
  const some = nodes.length <= most.lanes ? nodes.map((n) => n.name) : nodes.map((n) => n.name).filter((name) => seen.has(name));
  const left = some.filter((name) => leftKinds.includes(kind.get(name))), right = some.filter((name) => !leftKinds.includes(kind.get(name)));
  return { names: [...left, "ZooKeeper", ...right], at: new Map([...left, "ZooKeeper", ...right].map((name, i) => [name, (i + 0.5) * wide])), host };
}

const arrow = (from, to, y) => {
  const tip = to > from ? -4 : 4;
  return `M${from} ${y}H${to}m${tip}-3l${-tip} 3 ${tip} 3`;
};

const Rungs = still(({ lanes, node, peer, op, fault }) => {
  const zoo = lanes.at.get("ZooKeeper"), from = lanes.at.get(node), to = lanes.at.get(lanes.host.get(peer));
  const width = lanes.names.length * wide;
  return html`<span class="rungs" style=${{ width: `${width}px` }} aria-hidden="true"><i style=${{ left: `${zoo}px` }} /><svg width=${width} height="22">
    ${from && op && html`<path class="rung" d=${arrow(from, zoo, 11)} />`}
    ${to && to !== from && op && html`<path class="rung told" d=${arrow(zoo, to, 11)} />`}
    ${from && !op && html`<circle class=${fault ? "dot fault" : "dot"} cx=${from} cy="11" r="4.5" />`}
  </svg></span>`;
});

const keyOf = (step) => step.seq ?? `${step.zxid}/${step.verb}/${step.node}/${step.subject}`;

const Step = still(({ step, lanes, open, toggle }) => html`<li class=${`step p-${step.protocol} ${open ? "open" : ""} ${step.lapsed || step.expired ? "lapsed" : ""}`} data-seq=${step.seq}>
  <button class="line" aria-expanded=${open} onClick=${() => toggle(keyOf(step))}>
    <span class="time">${clock(step.time)}</span>
    <${Rungs} lanes=${lanes} node=${step.node} peer=${step.peer} op=${step.op} fault=${step.protocol === "fault"} />
    <span class="words"><b>${step.node || "?"}</b> <span class="verb">${step.verb}</span> <span class="subject" title=${step.subject}>${subject(step)}</span>
    ${step.why && html`<span class="why">${step.why}</span>`}</span>
  </button>
  ${open && html`<${Details} step=${step} />`}
</li>`);

// Details are all that is known of a step.
export function Details({ step }) {
  const [chain, set] = useState([]);
  useEffect(() => {
    if (step.seq) get("why", { seq: step.seq }).then((answer) => set(answer.chain ?? []), () => set([]));
  }, [step.seq]);
  return html`<div class="details">
    ${chain.length > 0 && html`<ol class="chain" aria-label="Why">${chain.map((c) => html`<li key=${c.seq}><span>${c.text}</span>${c.why && html`<em>${c.why}</em>`}</li>`)}</ol>`}
    <dl>
      ${step.detail && html`<${Row} name="detail">${step.detail}<//>`}
      ${step.path && html`<${Row} name="znode"><code>${step.path}</code><//>`}
      ${step.peer && html`<${Row} name="addressed to"><code>${step.peer}</code><//>`}
      ${step.op && html`<${Row} name="operation">${step.op}${step.lapsed ? ", as the session that owned it ended" : ""}<//>`}
      ${step.session && html`<${Row} name="session"><code>${step.session}</code><//>`}
      <${Row} name="zxid"><code>0x${Number(step.zxid).toString(16)}</code>${step.seq ? ` · step ${step.seq}` : ""}<//>
    </dl>
    ${step.payload && html`<div class="payload"><pre tabindex="0" aria-label="payload">${pretty(step.payload)}</pre><${Copy} text=${pretty(step.payload)} name="the payload" /></div>`}
  </div>`;
}

function useStick(box, key) {
  const stuck = useRef(true);
  useLayoutEffect(() => {
    if (stuck.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [key]);
  return ({ currentTarget: b }) => (stuck.current = b.scrollTop + b.clientHeight > b.scrollHeight - 40);
}

// usePages are older steps, fetched when they are asked for.
function usePages(first) {
  const [older, set] = useState([]);
  const more = async () => {
    const before = older[0]?.seq ?? first?.seq;
    if (!before) return;
    const page = await get("steps", { before, limit: most.rows }).catch(() => ({ steps: [] }));
    set((all) => [...(page.steps ?? []).sort((a, b) => a.seq - b.seq), ...all].slice(0, 2000));
  };
  return [older, more, () => set([])];
}

// Ladder draws the latest steps, newest last.
export function Ladder({ state, only, title = "Steps" }) {
  const box = useRef(null), [open, set] = useState(null);
  const wanted = stepsOf(state).filter((s) => (only ? only(s) : !state.quiet || !plain.includes(s.protocol))).slice(-most.rows);
  const [older, more, less] = usePages(wanted[0]);
  useEffect(less, [state.past?.seq]);
  const known = new Set(wanted.map(keyOf));
  const steps = [...older.filter((s) => !known.has(keyOf(s)) && (!state.quiet || !plain.includes(s.protocol))), ...wanted];
  const shape = nodesOf(state).length <= most.lanes ? nodesOf(state).map((n) => n.name + n.host).join() : steps.map((s) => s.node).join();
  const lanes = useLanes(shape, steps, nodesOf(state));
  const scrolled = useStick(box, steps.length ? keyOf(steps.at(-1)) : 0);
  const toggle = useRef((key) => set((now) => (now === key ? null : key))).current;
  return html`<section class="ladder" aria-label=${title}>
    <div class="bar"><h2>${title}</h2>${!only && html`<label class="check"><input type="checkbox" checked=${!state.quiet} onChange=${(e) => hush(!e.target.checked)} /> sessions and directories too</label>`}
      ${!only && wanted[0]?.seq > (state.span?.first ?? 1) && html`<button class="small" onClick=${more}>earlier steps</button>`}</div>
    <div class="scroll" ref=${box} onScroll=${scrolled} tabindex="-1">
      <div class="lanes" aria-hidden="true"><span class="time" /><span class="names" style=${{ width: `${lanes.names.length * wide}px` }}>${lanes.names.map((n) => html`<i key=${n} title=${n} class=${n === "ZooKeeper" ? "zk" : ""} style=${{ width: `${wide}px` }}>${n === "ZooKeeper" ? "ZK" : shortName(n)}</i>`)}</span></div>
      <ol>${steps.map((s) => html`<${Step} key=${keyOf(s)} step=${s} lanes=${lanes} open=${open === keyOf(s)} toggle=${toggle} />`)}</ol>
      ${!steps.length && html`<p class="none">Nothing has happened yet.</p>`}
    </div>
  </section>`;
}

// useLanes keeps the lanes as they are while the same nodes take part, so that no row is drawn again.
function useLanes(shape, steps, nodes) {
  const held = useRef({ shape: null, lanes: null });
  if (held.current.shape !== shape) held.current = { shape, lanes: lanesOf(steps, nodes) };
  return held.current.lanes;
}
