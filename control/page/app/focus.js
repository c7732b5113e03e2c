// Keeps the keyboard's place: when what has the focus vanishes, the focus goes to what is nearest to where it was.

let place = []; // what had the focus last, and what was around it, from the inside out

const first = (around) => around.querySelector("button:not(:disabled), summary, [tabindex='0']");

function mend() {
  if (!place.length || place[0].isConnected || document.activeElement !== document.body) return;
  const near = place.map((around) => around.isConnected && around !== document.body && first(around)).find(Boolean);
  place = [];
  near?.focus({ preventScroll: true });
}

// keepFocus begins to do so.
export function keepFocus(page) {
  document.addEventListener("focusin", ({ target }) => {
    place = [];
    for (let at = target; at && at !== document.body; at = at.parentElement) place.push(at);
  });
  document.addEventListener("pointerdown", ({ target }) => place[0]?.contains(target) || (place = []));
  new MutationObserver(mend).observe(page, { childList: true, subtree: true });
}
