// Which lines of the picture a step lights.

// watchers are the kinds whose leaders, or all of whose nodes, watch the znodes of a protocol.
const watchers = { load: ["coordinator"], task: ["overlord"], announcement: ["coordinator", "broker"] };

let made = 0;

// pulsesOf are a line from the node that wrote to ZooKeeper, and one from there to each node that is told of it.
export function pulsesOf(state, steps) {
  const pulses = [], nodes = state.status?.nodes ?? [];
  for (const step of steps.slice(-12)) {
    if (!step.op || !step.node || step.protocol === "layout") continue;
    pulses.push({ id: ++made, node: step.node, inward: true, lapsed: Boolean(step.lapsed || step.expired), at: Date.now() });
    for (const name of told(step, nodes)) pulses.push({ id: ++made, node: name, inward: false, lapsed: false, at: Date.now() });
  }
  return pulses;
}

function told(step, nodes) {
  const peer = nodes.find((n) => n.host === step.peer)?.name;
  if (peer && peer !== step.node) return [peer];
  const kinds = watchers[step.protocol] ?? [];
  return nodes.filter((n) => n.name !== step.node && kinds.includes(n.kind) && n.state === "up" && (n.leader || n.kind === "broker")).map((n) => n.name).slice(0, 3);
}
