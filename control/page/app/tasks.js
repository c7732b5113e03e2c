// Tasks in lanes: those that wait, those on each worker, those that have ended.
import { html } from "./vendor/htm-preact.js";
import { nodesOf, shown } from "./state.js";
import { count } from "./words.js";

const most = 30; // tasks of a lane

const ended = (task) => task.status === "SUCCESS" || task.status === "FAILED";

function lanesOf(tasks, nodes) {
  const workers = [...new Set([...nodes.filter((n) => n.kind === "middlemanager").map((n) => n.name), ...tasks.filter((t) => t.worker && !ended(t)).map((t) => t.worker)])];
  return [
    { name: "waiting", tasks: tasks.filter((t) => !ended(t) && !t.worker) },
    ...workers.slice(0, 24).map((name) => ({ name, worker: true, tasks: tasks.filter((t) => !ended(t) && t.worker === name) })),
    { name: "ended", tasks: tasks.filter(ended) },
  ];
}

const Task = ({ task }) => html`<li key=${task.id} class=${`task ${task.status.toLowerCase()}`} title=${`${task.id}${task.errorMsg ? `\n${task.errorMsg}` : ""}`}>
  <b>${task.id}</b><span>${task.type}${task.dataSource ? ` · ${task.dataSource}` : ""}</span><em>${task.status}${task.errorMsg ? `: ${task.errorMsg}` : ""}</em></li>`;

// Tasks draws the lanes.
export function Tasks({ state }) {
  const status = shown(state), tasks = status?.tasks ?? [], states = Object.entries(status?.total?.taskStates ?? {});
  return html`<section class="tasks scroll" aria-label="Tasks">
    <p class="dim">${status?.unknown?.includes("tasks") ? "Tasks as far as the steps tell of them. " : ""}${count(status?.total?.tasks ?? tasks.length, "task")}${states.length ? `: ${states.map(([name, n]) => `${n} ${name}`).join(", ")}` : ""}.</p>
    ${lanesOf(tasks, nodesOf(state)).map((lane) => html`<div class="lane" key=${lane.name} role="group" aria-label=${`tasks: ${lane.name}`}>
      <h3>${lane.name}${lane.tasks.length ? ` · ${lane.tasks.length}` : ""}</h3>
      <ul>${lane.tasks.slice(0, most).map((t) => html`<${Task} key=${t.id} task=${t} />`)}${lane.tasks.length > most && html`<li class="dim">… and ${lane.tasks.length - most} more</li>`}
      ${!lane.tasks.length && html`<li class="dim">${lane.worker ? "idle" : "none"}</li>`}</ul></div>`)}
  </section>`;
}
