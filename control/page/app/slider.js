// The time slider: every step of the run has a place on it.
import { html } from "./vendor/htm-preact.js";
import { goLive, lookBack, play, stepBy } from "./past.js";
import { over, stepsOf } from "./state.js";
import { clock, subject } from "./words.js";

const saying = (step) => (step ? `${step.node || "?"} ${step.verb} ${subject(step)}` : "");

// Slider draws it, or says why there is no history.
export function Slider({ state }) {
  const { span, past, wanted, status } = state;
  if (!span) return null;
  if (!span.last) return html`<div class="slider"><span class="dim">${span.note || "There is no history of this run."}</span></div>`;
  const last = Math.max(span.last, over(state) ? 0 : status?.seq ?? 0), seq = wanted ?? past?.seq ?? last;
  const step = stepsOf(state).findLast((s) => s.seq === seq) ?? stepsOf(state).at(-1);
  const live = !past && !over(state);
  const play_ = () => (state.playing ? play(false) : (past || lookBack(span.first), play(true)));
  return html`<div class=${`slider ${past ? "back" : ""}`} role="group" aria-label="Time">
    <button class="round" aria-label=${state.playing ? "Pause" : "Play"} onClick=${play_}>${state.playing ? "❚❚" : "▶"}</button>
    <button class="round" aria-label="One step back" onClick=${() => stepBy(-1)}>‹</button>
    <button class="round" aria-label="One step forward" disabled=${live} onClick=${() => stepBy(1)}>›</button>
    <input type="range" aria-label="The step that the page shows" aria-valuetext=${`step ${seq} of ${last}: ${saying(step)}`} min=${span.first} max=${last} step="1" value=${seq} onInput=${(e) => lookBack(Number(e.target.value))} />
    <span class="when"><b>${seq}</b><span class="dim"> of ${last}${past ? ` · ${clock(past.status.now)}` : ""}</span></span>
    ${over(state) ? html`<span class="tag">the run is over</span>` : html`<button class=${`live ${live && !state.away ? "on" : ""}`} aria-pressed=${live} onClick=${goLive}>${live ? (state.away ? "no answer" : "live") : "back to live"}</button>`}
    ${step && html`<p class="saying" title=${saying(step)}>${past || over(state) ? "" : html`<span class="dim">latest: </span>`}${saying(step)}${step?.why ? html` <span class="why">${step.why}</span>` : ""}</p>`}
    ${state.trouble && html`<p class="bad">${state.trouble}</p>`}
    ${span.note && html`<p class="dim">${span.note}</p>`}
  </div>`;
}
