// What the page asks of the control address.

const token = new URLSearchParams(location.search).get("token");
const headers = token ? { Authorization: `Bearer ${token}` } : {};
const patience = 8000; // milliseconds, for an answer

// Refused is an answer that is not a success.
export class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

function address(path, params) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value !== undefined && value !== null && value !== "") query.set(key, value);
  }
  return path + (query.size ? `?${query}` : "");
}

async function answer(path, params, options) {
  const response = await fetch(address(path, params), { signal: AbortSignal.timeout(patience), ...options, headers: { ...headers, ...options?.headers } });
  if (response.ok) return response;
  const text = await response.text();
  let said = text.trim() || response.statusText;
  try {
    said = JSON.parse(text).error ?? said;
  } catch {
    // it was no JSON
  }
  throw new Refused(response.status, said);
}

// get is a JSON answer.
export const get = async (path, params = {}, options = {}) => (await answer(`api/${path}`, params, options)).json();

// list is a page of a list, with its length where that is known, and where the next page begins.
export async function list(path, params = {}) {
  const response = await answer(`api/${path}`, params);
  const next = /[?&]after=([^&>]*)/.exec(response.headers.get("Link") ?? "");
  return {
    items: (await response.json()) ?? [],
    total: Number(response.headers.get("X-Total-Count") ?? -1),
    next: next ? decodeURIComponent(next[1].replaceAll("+", " ")) : "",
  };
}

const posted = (body) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal: AbortSignal.timeout(60000) });

// fault carries out an expression.
export const fault = async (expression) => (await answer("api/fault", {}, posted({ do: expression }))).json();

// query is the broker's answer to a native query.
export const query = async (body) => (await answer("druid/v2/", {}, posted(body))).json();

// follow hands each step after seq to heard, those of the past first, until the signal or the connection ends.
export async function follow(after, heard, signal) {
  const response = await answer("api/trace", { after }, { signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ; ) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    heard(lines.filter(Boolean).map((line) => JSON.parse(line)));
  }
}
