// Where things stand in the picture: ZooKeeper in the middle, a block for each kind above and below it.

const above = ["coordinator", "overlord", "broker"];
const order = ["coordinator", "overlord", "broker", "historical", "middlemanager", "realtime"];
const pad = 12, head = 32; // of a block
const zooHeight = 54, gap = 62; // of ZooKeeper, and between it and the blocks

// sizes are how large a node is drawn, by how many there are of its kind.
const sizes = [
  { upTo: 6, w: 104, h: 76, r: 19, named: true },
  { upTo: 12, w: 78, h: 68, r: 15, named: true },
  { upTo: 40, w: 34, h: 34, r: 12, named: false },
  { upTo: Infinity, w: 11, h: 11, r: 4.5, named: false },
];

const sizeOf = (n, width) => ({ ...sizes.find((s) => n <= s.upTo), ...(n <= 6 && width < 520 ? { h: 72, r: 16 } : {}) });

function groups(nodes, width) {
  const kinds = new Map();
  for (const node of nodes) kinds.set(node.kind, [...(kinds.get(node.kind) ?? []), node]);
  return [...kinds].map(([kind, members]) => ({ kind, members, size: sizeOf(members.length, width) })).sort((a, b) => rank(a.kind) - rank(b.kind));
}

const rank = (kind) => (order.indexOf(kind) + 1 || order.length + 1);

// split says which blocks stand in which row: above ZooKeeper and below it.
function split(blocks, width) {
  const perRow = width < 520 ? 2 : 3;
  const top = blocks.filter((b) => above.includes(b.kind)), bottom = blocks.filter((b) => !above.includes(b.kind));
  const rows = (list) => {
    const out = [];
    for (let i = 0; i < list.length; i += perRow) out.push(list.slice(i, i + perRow));
    return out;
  };
  if (width < 520 && top.length === 3) bottom.unshift(top.pop());
  return { top: rows(top), bottom: rows(bottom) };
}

// widths gives each block of a row its share: what it needs least, and more where there are more nodes.
function widths(row, width) {
  const free = width - pad * (row.length - 1);
  const weight = row.map((b) => Math.sqrt(Math.min(b.members.length, 400)) * b.size.w);
  const sum = weight.reduce((a, b) => a + b, 0);
  const least = Math.min(free / row.length, width < 520 ? 150 : 190);
  return row.map((_, i) => least + ((free - least * row.length) * weight[i]) / sum);
}

function placeRow(row, y, width) {
  const ws = widths(row, width);
  let x = 0, height = 0;
  const blocks = row.map((b, i) => {
    const w = ws[i], fit = Math.max(1, Math.floor((w - pad) / b.size.w));
    const rows = Math.ceil(b.members.length / fit), columns = Math.ceil(b.members.length / rows);
    const cell = b.size.named ? Math.min((w - pad) / columns, b.size.w * 1.35) : b.size.w;
    const block = { kind: b.kind, x, y, w, h: head + rows * b.size.h + pad / 2, size: b.size, count: b.members.length, nodes: [] };
    const left = x + w / 2 - (columns * cell) / 2;
    b.members.forEach((node, n) => {
      block.nodes.push({ node, x: left + ((n % columns) + 0.5) * cell, y: y + head + Math.floor(n / columns) * b.size.h + (b.size.named ? b.size.r + 8 : b.size.h / 2) });
    });
    x += w + pad;
    height = Math.max(height, block.h);
    return block;
  });
  for (const b of blocks) b.h = height;
  return { blocks, height };
}

// layout places everything in a picture of a width.
export function layout(nodes, width) {
  const { top, bottom } = split(groups(nodes, width), width);
  const blocks = [];
  let y = 1;
  const stack = (rows, near) => {
    for (const row of rows) {
      const placed = placeRow(row, y, width - 2);
      blocks.push(...placed.blocks.map((b) => ({ ...b, far: row !== near }))); // another row stands between it and ZooKeeper
      y += placed.height + pad;
    }
  };
  stack(top, top.at(-1));
  y += top.length ? gap - pad : 0;
  const zoo = { x: width / 2, y: y + zooHeight / 2, w: Math.min(280, width * 0.62), h: zooHeight };
  y += zooHeight + gap;
  stack(bottom, bottom[0]);
  return { width, blocks, zoo, height: Math.max(y - (bottom.length ? pad : gap) + 1, 160), at: new Map(blocks.flatMap((b) => b.nodes.map((p) => [p.node.name, { x: p.x, y: p.y, first: p === b.nodes[0], block: b }]))) };
}

// line is the way from a place to ZooKeeper.
export function line(zoo, place, r) {
  const up = place.y < zoo.y;
  const y = zoo.y + (up ? -zoo.h / 2 : zoo.h / 2);
  const x = zoo.x + Math.max(-0.42, Math.min(0.42, (place.x - zoo.x) / (zoo.w * 2.6))) * zoo.w;
  const from = place.y + (up ? r : -r), bend = (from + y) / 2;
  return { d: `M${place.x.toFixed(1)} ${from.toFixed(1)}C${place.x.toFixed(1)} ${bend.toFixed(1)} ${x.toFixed(1)} ${bend.toFixed(1)} ${x.toFixed(1)} ${y.toFixed(1)}` };
}
