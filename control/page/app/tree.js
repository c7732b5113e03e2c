// ZooKeeper's tree, opened a directory at a time.
import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { get, list } from "./api.js";
import { Copy, Row } from "./parts.js";
import { shown } from "./state.js";
import { lastPart, pretty, shortSegment } from "./words.js";

const page = 100; // children at a time

// childrenOf fetches the direct children of a path. A server that knows no depth answers with what is below, too.
export async function childrenOf(path, after, at) {
  const answer = await list("tree", { path, depth: 1, limit: page, after, at });
  const under = path === "/" ? "/" : `${path}/`;
  const items = answer.items.filter((z) => z.path.startsWith(under) && z.path !== path && !z.path.slice(under.length).includes("/"));
  return { items: items.map((z) => ({ ...z, children: z.children ?? answer.items.filter((d) => d.path.startsWith(`${z.path}/`)).length })), next: answer.next };
}

// useDirectory holds the children of an open path, and fetches them again when one of them has changed.
function useDirectory(path, open, at, version) {
  const [all, set] = useState({ items: null, next: "" });
  const asked = useRef(0);
  useEffect(() => {
    if (!open) return;
    const mine = ++asked.current;
    const fetchIt = () => childrenOf(path, "", at).then((found) => mine === asked.current && set(found), (error) => mine === asked.current && set({ items: [], next: "", error: error.message }));
    const timer = setTimeout(fetchIt, all.items ? 250 : 0);
    return () => clearTimeout(timer);
  }, [path, open, at, version]);
  const more = async () => {
    const found = await childrenOf(path, all.next, at);
    set((now) => ({ items: [...now.items, ...found.items], next: found.next }));
  };
  return { ...all, more };
}

// lastChange is when something at or below a path changed last, of what is still marked.
function lastChange(changed, path, below) {
  let latest = 0;
  for (const [p, mark] of Object.entries(changed)) if (p === path || (below && p.startsWith(`${path}/`))) latest = Math.max(latest, mark.at);
  return latest;
}

const nameOf = (path) => (path === "/" ? "/" : shortSegment(lastPart(path)));

function Branch({ znode, depth, state, opened, toggle, chosen, choose }) {
  const open = opened.has(znode.path), at = state.past?.seq;
  const version = at ?? lastChange(state.changed, znode.path, true);
  const directory = useDirectory(znode.path, open, at, version);
  const flash = Date.now() - lastChange(state.changed, znode.path, !open) < 1500;
  const leaf = !znode.children && znode.path !== "/";
  return html`<li role="treeitem" aria-expanded=${leaf ? undefined : open} aria-selected=${chosen === znode.path} aria-level=${depth + 1} aria-label=${nameOf(znode.path)}>
    <div class=${`twig ${chosen === znode.path ? "chosen" : ""} ${flash ? "flash" : ""}`} data-path=${znode.path} tabindex=${chosen === znode.path ? 0 : -1} style=${{ paddingLeft: `${depth * 16 + 6}px` }}
      onClick=${() => (choose(znode.path), leaf || toggle(znode.path))}>
      <span class="arrow" aria-hidden="true">${leaf ? "" : open ? "▾" : "▸"}</span><span class="leafname" title=${znode.path}>${nameOf(znode.path)}</span>
      ${znode.ephemeral && html`<span class="tag" title="an ephemeral: it dies with the session of its owner">${znode.owner || "ephemeral"}</span>`}
      ${znode.kind && !znode.ephemeral && html`<span class="dim">${znode.kind}</span>`}
      ${!leaf && znode.children > 0 && html`<span class="dim number">${znode.children}</span>`}
    </div>
    ${open && html`<ul role="group">${(directory.items ?? []).map((z) => html`<${Branch} key=${z.path} znode=${z} depth=${depth + 1} state=${state} opened=${opened} toggle=${toggle} chosen=${chosen} choose=${choose} />`)}
      ${directory.next && html`<li role="none"><button class="small" style=${{ marginLeft: `${depth * 16 + 28}px` }} onClick=${directory.more}>more</button></li>`}
      ${directory.error && html`<li role="none" class="bad">${directory.error}</li>`}</ul>`}
  </li>`;
}

// moves are what the arrow keys do.
function move(event, box, opened, toggle, choose) {
  const rows = [...box.querySelectorAll(".twig")], at = rows.findIndex((r) => r === document.activeElement), path = rows[at]?.dataset.path;
  const go = (row) => row && (choose(row.dataset.path), row.focus());
  const parent = () => rows.slice(0, at).reverse().find((r) => path.startsWith(r.dataset.path === "/" ? "/" : `${r.dataset.path}/`));
  const isOpen = opened.has(path), leaf = rows[at]?.querySelector(".arrow").textContent === "";
  const does = {
    ArrowDown: () => go(rows[at + 1]),
    ArrowUp: () => go(rows[at - 1]),
    ArrowRight: () => (isOpen || leaf ? go(rows[at + 1]) : toggle(path)),
    ArrowLeft: () => (isOpen && !leaf ? toggle(path) : go(parent())),
    Enter: () => leaf || toggle(path),
    Home: () => go(rows[0]),
    End: () => go(rows.at(-1)),
  }[event.key];
  if (!does || at < 0) return;
  event.preventDefault();
  does();
}

// Tree is the tree, with what the chosen znode holds.
export function Tree({ state }) {
  const base = shown(state)?.base ?? "/druid", box = useRef(null);
  const [opened, setOpened] = useState(() => new Set(["/", base]));
  const [chosen, choose] = useState("/");
  const toggle = (path) => setOpened((now) => {
    const next = new Set(now);
    next.delete(path) || next.add(path);
    return next;
  });
  return html`<section class="tree two" aria-label="ZooKeeper's tree">
    <div class="scroll" ref=${box} onKeyDown=${(e) => move(e, box.current, opened, toggle, choose)}>
      <ul role="tree" aria-label="znodes"><${Branch} znode=${{ path: "/", children: 1 }} depth=${0} state=${state} opened=${opened} toggle=${toggle} chosen=${chosen} choose=${choose} /></ul>
    </div>
    <div class="scroll"><${Znode} path=${chosen} state=${state} /></div>
  </section>`;
}

// useZnode is a znode by its path, fetched again when it changes.
export function useZnode(path, at, version) {
  const [znode, set] = useState(null);
  useEffect(() => {
    let mine = true;
    if (!path) return;
    get("znode", { path, at })
      .catch(() => list("tree", { path, limit: 1, at }).then((page) => page.items.find((z) => z.path === path) ?? { path, gone: true }))
      .then((found) => mine && set(found), () => mine && set({ path, gone: true }));
    return () => (mine = false);
  }, [path, at, version]);
  return znode?.path === path ? znode : null;
}

// Znode shows what a znode is and holds.
export function Znode({ path, state }) {
  const znode = useZnode(path, state.past?.seq, state.past ? 0 : lastChange(state.changed, path, false));
  if (!path) return null;
  return html`<div class="znode" data-znode=${path}><p class="path"><code>${path}</code></p>
    ${znode?.gone && html`<p class="dim">It is not there${state.past ? " at this moment" : " any more"}.</p>`}
    ${znode?.means && html`<p>${znode.means}</p>`}
    ${znode && !znode.gone && html`<dl>
      ${znode.kind && html`<${Row} name="kind">${znode.kind}<//>`}
      <${Row} name="owner">${znode.ephemeral || znode.owner ? `${znode.owner || "a session"} (dies with its session)` : "nobody: it stays"}<//>
      <${Row} name="version">${znode.version}<//>
      ${znode.children > 0 && html`<${Row} name="children">${znode.children}<//>`}
    </dl>
    ${znode.text && html`<div class="payload"><pre tabindex="0" aria-label="payload">${pretty(znode.text)}</pre><${Copy} text=${pretty(znode.text)} name="the payload" /></div>`}`}</div>`;
}
