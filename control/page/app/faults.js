// Faults: by words, those that are armed, and what the topology has planned.
import { html, useEffect, useState } from "./vendor/htm-preact.js";
import { get } from "./api.js";
import { ask, forget } from "./deeds.js";
import { Copy, Left } from "./parts.js";
import { barred, nodesOf, settled, shown } from "./state.js";
import { clock } from "./words.js";

// useToml is the step of a topology that does the same as an expression.
export function useToml(expression) {
  const [toml, set] = useState({});
  useEffect(() => {
    if (!expression.trim()) return set({});
    let mine = true;
    const timer = setTimeout(() => get("toml", { do: expression }).then(
      (answer) => mine && set({ of: expression, toml: answer.toml }),
      (error) => mine && set({ of: expression, error: error.status === 404 ? "" : error.message }),
    ), 150);
    return () => {
      mine = false;
      clearTimeout(timer);
    };
  }, [expression]);
  return toml.of === expression ? toml : {};
}

// Toml shows the step of a topology that does the same.
export function Toml({ expression }) {
  const { toml, error } = useToml(expression);
  if (error) return html`<p class="bad mistake">${error}</p>`;
  if (!toml) return null;
  return html`<details class="toml"><summary>the same in a topology</summary><div class="payload"><pre tabindex="0">${toml}</pre><${Copy} text=${toml} name="the step" /></div></details>`;
}

// Asks are what was asked of the cluster, and what came of it.
export function Asks({ state, most = 4 }) {
  return html`<ul class="asks" aria-live="polite" aria-label="What was asked">${state.asks.slice(0, most).map((a) => html`<li key=${a.id} class=${a.state}>
    <code title=${a.expression}>${a.expression}</code> <span>${a.state === "asked" ? "asked…" : a.state === "failed" ? a.error : `→ ${[...(a.nodes ?? []), a.made].filter(Boolean).join(", ") || "done"}${a.fault ? ` (${a.fault})` : ""}`}</span>
    <button class="small plainly" aria-label="forget this line" onClick=${() => forget(a.id)}>✕</button></li>`)}</ul>`;
}

// suggestions are lines that begin as the text does: a verb, then whom it can mean, then what else it takes.
export function suggestions(text, verbs, nodes) {
  const [word, ...rest] = text.trimStart().split(" ");
  const verb = verbs.find((v) => v.name === word);
  if (!verb || !rest.length) return verbs.filter((v) => v.name.startsWith(word)).map((v) => ({ value: v.example || v.name, label: v.help }));
  if (rest.length > 1) return [{ value: verb.example, label: verb.usage }];
  const kinds = [...new Set(nodes.map((n) => n.kind))].filter((k) => !verb.kinds?.length || verb.kinds.includes(k));
  const targets = [...kinds.filter((k) => k === "coordinator" || k === "overlord").map((k) => `${k}@leader`), ...nodes.filter((n) => kinds.includes(n.kind)).map((n) => `${n.kind}.${n.name}`)];
  const tail = (verb.example ?? "").split(" ").slice(2).join(" ");
  return targets.filter((t) => t.includes(rest[0])).slice(0, 40).map((t) => ({ value: `${verb.name} ${t}${tail ? ` ${tail}` : ""}`, label: verb.usage }));
}

// ByWords is a line to write what is to happen.
export function ByWords({ state, id = "expression" }) {
  const [text, set] = useState("");
  const verb = state.verbs.find((v) => v.name === text.trim().split(" ")[0]);
  const submit = async (event) => {
    event.preventDefault();
    if (text.trim() && !barred(state)) ask(text.trim());
  };
  return html`<form class="bywords" onSubmit=${submit}>
    <label for=${id}>A fault, by words</label>
    <div class="bar"><input id=${id} list=${`${id}-list`} autocomplete="off" spellcheck=${false} placeholder="kill coordinator@leader for 20s" value=${text} onInput=${(e) => set(e.target.value)} />
    <button class="main" disabled=${Boolean(barred(state))}>do</button></div>
    <datalist id=${`${id}-list`}>${suggestions(text, state.verbs, nodesOf(state)).map((s) => html`<option key=${s.value} value=${s.value}>${s.label}</option>`)}</datalist>
    <p class="hint">${verb ? html`<code>${verb.usage}</code> – ${verb.help}` : "A verb, then whom it is done to: coordinator@leader, historical.historical-1, zookeeper."}</p>
    <${Toml} expression=${text} />
  </form>`;
}

// Armed are the faults in force, each with its countdown and a way to end it.
export function Armed({ state }) {
  const faults = shown(state)?.faults ?? [];
  const still = barred(state);
  return html`<section class="armed" aria-label="Armed faults"><div class="bar"><h3>Armed${faults.length ? ` · ${faults.length}` : ""}</h3>${faults.length > 1 && !still && html`<button class="small" onClick=${() => ask("heal")}>heal all</button>`}</div>
    <ul>${faults.slice(0, 50).map((f) => html`<li key=${f.id}><div class="bar"><code>${f.id}</code><b class="grow">${f.do}</b>${!still && html`<button class="small" onClick=${() => ask(`heal ${f.id}`)}>heal</button>`}</div>
      <span class="dim">${(f.nodes ?? []).join(", ")}${f.until ? html` · ends in <${Left} until=${f.until} />` : " · until it is healed"}</span>
      ${f.toml && html`<details class="toml"><summary>the same in a topology</summary><div class="payload"><pre tabindex="0">${f.toml}</pre><${Copy} text=${f.toml} name="the step" /></div></details>`}</li>`)}
    ${!faults.length && html`<li class="none">No fault is armed.</li>`}</ul></section>`;
}

const stepState = (s) => (s.error ? "broken" : s.never ? "never" : s.fired ? "held" : "pending");

function Planned({ step }) {
  return html`<li class=${stepState(step)}><b>${step.name || step.do}</b><span class="dim">${step.when}${step.name ? ` · ${step.do}` : ""}</span>
    <span>${step.error ?? step.never ?? (step.fired ? `at ${clock(step.fired)}${step.times > 1 ? `, ${step.times} times` : ""}${step.nodes?.length ? ` on ${step.nodes.join(", ")}` : ""}` : step.due ? html`in <${Left} until=${step.due} />` : "waits for its event")}</span>
    ${step.then && html`<span class="bad">then: ${step.then}</span>`}</li>`;
}

const weight = (s) => Date.parse(s.fired ?? s.due ?? "9999-01-01");

// Plan is the topology's own play: its steps in time, and what it expects.
export function Plan({ state }) {
  const status = shown(state), steps = [...(status?.steps ?? [])].sort((a, b) => weight(a) - weight(b)), expects = status?.expectations ?? [], invariants = status?.invariants ?? [];
  if (status?.unknown?.includes("steps")) return html`<section class="plan"><p class="dim">What the topology planned and expected then is not in the record.</p></section>`;
  return html`<section class="plan" aria-label="Steps and expectations of the topology">
    <h3>Steps</h3><ol class="timeline">${steps.map((s, i) => html`<${Planned} key=${`${s.name}${s.do}${i}`} step=${s} />`)}${!steps.length && html`<li class="none">The topology plans none.</li>`}</ol>
    <h3>Expectations</h3><ul class="timeline">${expects.map((e) => html`<li key=${e.text} class=${e.state}><b>${e.text}</b><span>${e.state}${e.why ? `: ${e.why}` : ""}</span></li>`)}${!expects.length && html`<li class="none">The topology expects nothing.</li>`}</ul>
    ${invariants.length > 0 && html`<h3>What must always hold</h3><ul class="timeline small">${invariants.map((v) => html`<li key=${v.name} class=${v.state.replaceAll(" ", "-")}><b>${v.name}</b><span>${v.state}${v.exercised ? `, tried ${v.exercised} times` : ""}${v.why ? `: ${v.why}` : ""}</span></li>`)}</ul>`}
  </section>`;
}

// Faults is the whole of it.
export function Faults({ state }) {
  return html`<section class="faults two" aria-label="Faults"><div class="scroll">
    ${settled(state) ? html`<p class="dim">${settled(state)}</p>` : html`<${ByWords} state=${state} id="planned" />`}
    <${Asks} state=${state} /><${Armed} state=${state} /></div>
    <div class="scroll"><${Plan} state=${state} /></div></section>`;
}
