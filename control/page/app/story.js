// The guided story: six chapters on the cluster that runs here.
import { html, useEffect, useState } from "./vendor/htm-preact.js";
import { query } from "./api.js";
import { ask, guide, once, openChapter } from "./deeds.js";
import { Asks, Toml } from "./faults.js";
import { Left } from "./parts.js";
import { endOf } from "./picture.js";
import { Barred, dying, Owned, useOwned } from "./sheet.js";
import { barred, nodesOf, shown, stepsOf } from "./state.js";
import { childrenOf, Znode } from "./tree.js";
import { clock, count, lastPart, pretty, shortSegment, span } from "./words.js";

const electing = ["coordinator", "overlord"];
const ofKind = (state, kind) => nodesOf(state).filter((n) => n.kind === kind);

// electedKind is the kind whose election the story is about: one with two nodes, better than one with one.
const electedKind = (state) => electing.find((k) => ofKind(state, k).length > 1) ?? electing.find((k) => ofKind(state, k).length > 0);

const latchDirectory = (state, kind) => `${shown(state).base}/${kind}/_${kind.toUpperCase()}`;

// seen are the latch nodes as they were last known, by directory, for while nobody answers.
const seen = new Map();

// useLatches are the latch nodes of a kind, the lowest number first.
function useLatches(state, kind) {
  const [latches, set] = useState(() => (kind && seen.get(latchDirectory(state, kind))) || []);
  const path = kind && latchDirectory(state, kind), at = state.past?.seq;
  const version = at ?? Object.entries(state.changed).filter(([p]) => p.startsWith(path)).map(([, m]) => m.at).sort().at(-1) ?? 0;
  useEffect(() => {
    let mine = true;
    const take = (items) => {
      const sorted = items.map((z) => ({ ...z, number: /\d+$/.exec(z.path)?.[0] ?? "" })).sort((a, b) => a.number.localeCompare(b.number));
      if (!at) seen.set(path, sorted);
      if (mine) set(sorted);
    };
    if (path) childrenOf(path, "", at).then(({ items }) => take(items), () => {});
    return () => (mine = false);
  }, [path, version, shown(state)?.leaders?.[kind], Boolean(state.away)]);
  return latches;
}

function Latches({ latches, leader, gone, state }) {
  const away = state.away && !state.past;
  if (away && !latches.length) return html`<p class="none">Nobody answers, so who is in the election is not known.</p>`;
  return html`<table class=${`latches ${away ? "old" : ""}`}><thead><tr><th scope="col">number</th><th scope="col">owner</th><th scope="col" class="grow" aria-label="what follows" /></tr></thead><tbody>${latches.map((z, i) => html`<tr key=${z.path}><td><code title=${lastPart(z.path)}>${Number(z.number)}</code></td><td>${z.owner || "?"}</td>
    <td>${i === 0 ? (z.owner === leader ? html`<b class="good">${away ? "lowest: it led" : "lowest: it leads"}</b>` : leader || gone?.has(z.owner) ? html`<b class="bad">lowest, but its owner does not lead</b>` : html`<b>lowest: it leads next</b>`) : html`<span class="dim">waits for number ${Number(latches[i - 1].number)}</span>`}</td></tr>`)}</tbody></table>`;
}

// Moments are the steps that tell what just happened, each with its znode.
function Moments({ steps, none }) {
  if (!steps.length) return html`<p class="none">${none}</p>`;
  return html`<ol class="moments">${steps.map((s) => html`<li key=${s.seq ?? s.zxid + s.verb} class=${`p-${s.protocol}`}><span class="time">${clock(s.time)}</span><b>${s.node}</b> ${s.verb}${s.path ? html`<code title=${s.path}>${shortSegment(s.path)}</code>` : ""}${s.why ? html`<span class="why">${s.why}</span>` : ""}</li>`)}</ol>`;
}

// Was is a znode as a step wrote it; it may be gone by now.
function Was({ step }) {
  if (!step?.path) return null;
  return html`<details class="was" open><summary>what ${lastPart(step.path).length > 40 ? "the znode" : lastPart(step.path)} held</summary><p class="path"><code>${step.path}</code></p><pre tabindex="0">${pretty(step.payload ?? "")}</pre></details>`;
}

const Do = ({ state, expression, children, kind = "main", done }) => html`<div class="deed"><button class=${kind} disabled=${Boolean(barred(state))} data-do=${expression} onClick=${(e) => once(e) && ask(expression).then(done)}>${children}</button><${Barred} state=${state} /><${Toml} expression=${expression} /></div>`;

function Leads({ state }) {
  const kind = electedKind(state), latches = useLatches(state, kind), leader = shown(state).leaders?.[kind];
  return html`<p>Druid is a database made of many processes. They hardly call each other: each writes small records, <b>znodes</b>, into the tree that ZooKeeper keeps, and <b>watches</b> those of others. A click on a node says what it is for.</p>
    <p>Of ${count(ofKind(state, kind).length, kind)} ${leader ? html`<b>${leader}</b> leads` : html`<b>nobody</b> leads right now`}. There is no vote. Each wrote a znode into one directory of ZooKeeper, and ZooKeeper numbered them as they came. <b>The lowest number leads.</b> Each other one watches only the number before its own, and waits.</p>
    <${Latches} latches=${latches} leader=${leader} state=${state} />
    <p class="dim">The directory is <code>${latchDirectory(state, kind)}</code>. This is the lowest znode:</p>
    <${Znode} path=${latches[0]?.path} state=${state} />`;
}

const latest = (steps, verb) => steps.findLast((s) => s.verb === verb);

function Task({ state }) {
  const steps = stepsOf(state).filter((s) => s.protocol === "task" && s.verb !== "worker announced");
  const id = (latest(steps, "task assigned") ?? steps.at(-1))?.subject, way = steps.filter((s) => s.subject === id).slice(-8);
  const fresh = () => `noop_story_${new Date().toISOString()}`, [name, rename] = useState(fresh);
  return html`<p>The overlord never calls a worker. It <b>writes the task into the worker's directory</b> in ZooKeeper. The worker watches that directory, notes the status in another one, and deletes the request: taken. The overlord watches the status: when it says SUCCESS or FAILED the task is over, and the overlord removes it. Below each step stands <span class="why">why it happened</span>; in the list of steps, a click shows the causes of the cause.</p>
    <${Do} state=${state} expression=${`submit json ${JSON.stringify({ type: "noop", id: name, runTime: 2000 })}`} done=${() => rename(fresh())}>Submit a task of two seconds<//>
    ${id && html`<h3 title=${id}>${id}</h3>`}
    <${Moments} steps=${way} none="No task has passed yet: submit one, and watch its way." />
    <${Was} step=${way.find((s) => s.verb === "task assigned") ?? way[0]} />`;
}

const ofSegment = ["load request", "load request done", "segment served", "segment announced", "drop request"];

function Segment({ state }) {
  const status = shown(state), steps = stepsOf(state).filter((s) => ofSegment.includes(s.verb));
  const id = (latest(steps, "load request") ?? steps.at(-1))?.subject?.split(" ")[0], way = id ? steps.filter((s) => s.subject.split(" ").includes(id)).slice(-8) : [];
  const source = Object.keys(status.used ?? {})[0];
  return html`<p>A <b>segment</b> holds the rows of a stretch of time. A task puts it into deep storage, where files are kept, and says so in the metadata store, a table: it is <b>used</b>. The coordinator sees a used segment that too few serve, and writes a <b>load request</b> into a historical's queue. The historical fetches the segment, <b>announces</b> it, and deletes the request. The broker watches the announcements: from then on it asks that historical.</p>
    ${source && html`<${Do} state=${state} expression=${`publish ${source} segments 1`}>Publish a segment of ${source}<//>`}
    ${id && html`<h3 title=${id}>${shortSegment(id)}</h3>`}
    <${Moments} steps=${way} none="No segment has been loaded yet." />
    <${Was} step=${way[0]} />
    <${AnyQuery} state=${state} />`;
}

// AnyQuery asks the broker, if there is one and something to ask for.
function AnyQuery({ state }) {
  const source = Object.keys(shown(state).used ?? {})[0];
  return ofKind(state, "broker").length > 0 && source && html`<${Query} source=${source} disabled=${Boolean(barred(state))} />`;
}

function Query({ source, disabled }) {
  const [said, say] = useState("");
  const go = async () => {
    say("asked…");
    try {
      const rows = await query({ queryType: "timeseries", dataSource: source, granularity: "all", intervals: ["1900-01-01/3000-01-01"], aggregations: [{ type: "count", name: "rows" }] });
      say(`The broker says: ${count(rows[0]?.result?.rows ?? 0, "row")} of ${source}.`);
    } catch (error) {
      say(error.message);
    }
  };
  return html`<div class="bar"><button disabled=${disabled} onClick=${go}>Ask the broker for ${source}</button><span role="status">${said}</span></div>`;
}

function Ephemeral({ state }) {
  const all = nodesOf(state).filter((n) => n.session);
  const [name, set] = useState("");
  const node = all.find((n) => n.name === name) ?? all.find((n) => n.kind === "historical") ?? all[0];
  const owned = useOwned(node?.name, state.past?.seq, `${node?.session} ${node?.ephemerals}`);
  if (!node) return html`<p class="none">No node has a session right now.</p>`;
  const ends = endOf(node), timeout = shown(state).sessionTimeoutMillis;
  return html`<p>A node that talks to ZooKeeper has a <b>session</b>. An <b>ephemeral</b> znode belongs to one, and goes when it ends. So nobody has to say goodbye: <b>what a node has announced dies with its session</b>${timeout ? html`, ${span(timeout)} after ZooKeeper last heard from it` : ""}. The ring around a node is that time: it drains, and fills up again each time the node is heard.</p>
    <label class="bar">Of <select aria-label="node" value=${node.name} onChange=${(e) => set(e.target.value)}>${all.slice(0, 200).map((n) => html`<option key=${n.name} value=${n.name}>${n.name}</option>`)}</select></label>
    <p>Session <code>${node.session}</code>${ends ? html` ends unless ${node.name} is heard within <b><${Left} until=${ends} /></b>` : ""}. With it <b>${dying(owned)}</b> would die:</p>
    <${Owned} owned=${owned} />
    <${Znode} path=${owned.paths[0]} state=${state} />`;
}

// victimOf is the node of a kind that has been killed.
const victimOf = (state, kind) => ofKind(state, kind).find((n) => n.state === "killed" || n.state === "stopped");

// sinceKill are the steps that tell of the change of leaders.
function sinceKill(state, kind, victim) {
  const steps = stepsOf(state), from = steps.findLastIndex((s) => s.protocol === "fault" && s.node === victim);
  if (from < 0) return [];
  return steps.slice(from).filter((s) => s.protocol === "fault" || s.protocol === "election" || (s.protocol === "session" && s.node === victim)).slice(0, 9);
}

function Kill({ state }) {
  const kind = electedKind(state), leader = shown(state).leaders?.[kind], victim = victimOf(state, kind), latches = useLatches(state, kind);
  const alone = ofKind(state, kind).length < 2;
  if (!victim) return html`<p><b>${leader || "Nobody"}</b> leads. Kill it: it dies without a goodbye, so its session goes on in ZooKeeper until it has been silent for ${span(shown(state).sessionTimeoutMillis ?? 0)}. Watch who leads in between.</p>
    ${alone && html`<p class="dim">There is only one ${kind} here: nobody will take over. The next chapter brings it back.</p>`}
    ${leader && html`<${Do} state=${state} kind="danger main" expression=${`kill ${kind}@leader`}>Kill ${leader}<//>`}<${Latches} latches=${latches} leader=${leader} state=${state} />`;
  const ends = endOf(victim);
  return html`${leader
      ? html`<p class="verdict good"><b>${leader} leads.</b> ${victim.name}'s session has ended, its latch went with it, and ${leader}'s number was the lowest then. Queries went on all the time: they need no ${kind}.</p>`
      : html`<p class="verdict bad"><b>Nobody leads.</b> ${victim.name} is dead, but ZooKeeper does not know: its latch is still the lowest${ends ? html`, and its session ends in <b class="big"><${Left} until=${ends} /></b>` : ""}. Until then no ${kind} decides anything. Queries go on: they need none.</p>`}
    <${AnyQuery} state=${state} />
    <${Latches} latches=${latches} leader=${leader} gone=${new Set([victim.name])} state=${state} />
    <${Moments} steps=${sinceKill(state, kind, victim.name)} none="" />`;
}

function Heal({ state }) {
  const kind = electedKind(state), victim = victimOf(state, kind), latches = useLatches(state, kind), leader = shown(state).leaders?.[kind];
  const fault = victim && (shown(state).faults ?? []).find((f) => f.nodes?.includes(victim.name));
  if (victim) return html`<p><b>${victim.name}</b> is ${victim.state}. Bring it back. It gets a new session, and with it a <b>new latch with the highest number</b>: at the end of the queue. It does not get its place back.</p>
    <${Do} state=${state} expression=${fault ? `heal ${fault.id}` : `start ${kind}.${victim.name}`}>Bring ${victim.name} back<//><${Latches} latches=${latches} leader=${leader} state=${state} />`;
  return html`<p>All ${kind}s are there. The one that came last has the highest number, and waits. <b>Who leads stays who leads</b> until its session ends.</p><${Latches} latches=${latches} leader=${leader} state=${state} />
    <p>That is the whole of it: numbered znodes, sessions, watches. Everything else in Druid's coordination is made of these.</p>
    <button class="main" onClick=${() => guide(false)}>Now play freely</button>`;
}

const lacks = (kinds) => (state) => kinds.filter((k) => !ofKind(state, k).length).map((k) => `no ${k}`).join(" and ");
const elects = (state) => (electedKind(state) ? "" : "no node that is elected");

// chapters are the story, each with what this cluster lacks for it, "" when nothing.
export const chapters = [
  { title: "Who leads, and why", lacks: elects, draw: Leads },
  { title: "A task's way", lacks: lacks(["overlord", "middlemanager"]), draw: Task },
  { title: "A segment's life", lacks: lacks(["coordinator", "historical"]), draw: Segment },
  { title: "What an ephemeral is", lacks: () => "", draw: Ephemeral },
  { title: "Kill a leader", lacks: elects, draw: Kill },
  { title: "Heal", lacks: elects, draw: Heal },
];

// Story draws the chapter that the visitor has reached.
export function Story({ state }) {
  const n = Math.min(Math.max(0, state.chapter), chapters.length - 1), chapter = chapters[n], missing = chapter.lacks(state);
  return html`<section class="story" aria-label="The guided story">
    <div class="bar"><ol class="chapters" aria-label="Chapters">${chapters.map((c, i) => html`<li key=${c.title}><button aria-label=${`Chapter ${i + 1}: ${c.title}`} aria-current=${i === n ? "step" : undefined} class=${i < n ? "read" : ""} onClick=${() => openChapter(i)}>${i + 1}</button></li>`)}</ol>
      <button class="small plainly" onClick=${() => guide(false)}>skip to free play</button></div>
    <h2 data-chapter=${n + 1}>${n + 1}. ${chapter.title}</h2>
    ${missing ? html`<p class="none">This cluster has ${missing}, so there is nothing to see here. Go on with the next chapter.</p>` : html`<div class="chapter" key=${n}><${chapter.draw} state=${state} /></div>`}
    ${n > 0 && html`<${Asks} state=${state} most=${1} />`}
    <div class="bar turn"><button disabled=${n === 0} onClick=${() => openChapter(n - 1)}>back</button><span class="grow" />${n < chapters.length - 1 && html`<button class="main" onClick=${() => openChapter(n + 1)}>next: ${chapters[n + 1].title}</button>`}</div>
  </section>`;
}
