// Which server announces which segments.
import { html } from "./vendor/htm-preact.js";
import { shown } from "./state.js";
import { bytes, count, shortSegment, sourceOf } from "./words.js";

const most = { columns: 60, servers: 40 };

const byName = (a, b) => Number(a.gone ?? 0) - Number(b.gone ?? 0) || a.type.localeCompare(b.type) || (a.node || a.server).localeCompare(b.node || b.server, "en", { numeric: true });

// columnsOf are the segments that the servers announce, so that each has the same place in every row.
const columnsOf = (servers) => [...new Set(servers.flatMap((s) => s.segments ?? []))].sort();

function Cells({ server, columns, hue }) {
  const has = new Set(server.segments ?? []);
  return html`<span class="cells" role="img" aria-label=${`${count(server.count, "segment")}`}>
    ${columns.map((id) => html`<i key=${id} class=${`h${hue(id)} ${has.has(id) ? "" : "no"}`} title=${has.has(id) ? id : `not ${id}`} />`)}</span>`;
}

const Bar = ({ server, top }) => html`<span class="meter" role="img" aria-label=${count(server.count, "segment")}><i style=${{ width: `${(100 * server.count) / Math.max(1, top)}%` }} /></span>`;

// Sources says of each datasource how many of its used segments are served.
function Sources({ status, hue }) {
  const names = [...new Set([...Object.keys(status.used ?? {}), ...Object.keys(status.served ?? {})])].sort();
  const unknown = status.unknown?.includes("used");
  return html`<ul class="sources">${names.map((name) => {
    const used = status.used?.[name] ?? 0, served = status.served?.[name] ?? 0;
    return html`<li key=${name}><i class=${`swatch h${hue(name)}`} /> <b>${name}</b> ${unknown ? `${count(served, "segment")} served; how many are used is not in the record` : `${served} of ${count(used, "used segment")} served`}
      ${!unknown && html`<span class="meter"><i class=${served < used ? "short" : ""} style=${{ width: `${(100 * Math.min(served, used)) / Math.max(1, used)}%` }} /></span>`}</li>`;
  })}</ul>`;
}

// Servers draws a row for each server, and a cell for each segment as long as they fit.
export function Servers({ state }) {
  const status = shown(state), servers = [...(status?.segments ?? [])].sort(byName).slice(0, most.servers);
  const columns = columnsOf(servers), top = Math.max(0, ...servers.map((s) => s.count));
  const names = [...new Set(columns.map(sourceOf).concat(Object.keys(status?.used ?? {})))].sort();
  const hue = (id) => Math.max(0, names.indexOf(names.includes(id) ? id : sourceOf(id))) % 6;
  const fits = columns.length <= most.columns;
  const total = status?.total ?? {};
  return html`<section class="servers scroll" aria-label="Servers and their segments">
    <${Sources} status=${status ?? {}} hue=${hue} />
    <p class="dim">${count(total.segments ?? 0, "segment")} on ${count(total.servers ?? 0, "server")}, announced ${count(total.announcements ?? 0, "time")}${fits ? ": a column is a segment, a filled cell says that the server announces it" : ""}.</p>
    <table><thead><tr><th scope="col">server</th><th scope="col">tier</th><th scope="col" class="right">segments</th><th scope="col" class="right">size</th><th scope="col" class="grow">${fits ? "which" : "share"}</th></tr></thead>
    <tbody>${servers.map((s) => html`<tr key=${s.server + (s.gone ? "!" : "")} class=${s.gone ? "gone" : ""}>
      <th scope="row" title=${s.server}>${s.node || s.server}${s.gone ? html`<small> gone; ZooKeeper still shows it</small>` : ""}</th>
      <td>${s.type === "historical" ? s.tier : s.type}</td><td class="right">${s.count}</td><td class="right">${bytes(s.size)}</td>
      <td class="grow">${fits ? html`<${Cells} server=${s} columns=${columns} hue=${hue} />` : html`<${Bar} server=${s} top=${top} />`}</td></tr>`)}</tbody></table>
    ${total.servers > servers.length && html`<p class="dim">… and ${count(total.servers - servers.length, "more server")}</p>`}
    ${!servers.length && html`<p class="none">No server announces a segment.</p>`}
    ${fits && columns.length > 0 && columns.length <= 24 && html`<ol class="legend">${columns.map((id) => html`<li key=${id} title=${id}>${shortSegment(id)}</li>`)}</ol>`}
  </section>`;
}
