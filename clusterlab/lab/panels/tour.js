// What a tour cannot say from Python: Page Up and Page Down turn the scenes, as the remote of a
// presenter does, and screen readers hear what the story says.

function turn(panel, event) {
  const isDown = event.key === "PageDown";
  if ((!isDown && event.key !== "PageUp") || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.target.closest("textarea, input[type=text], [role=tree]")) return;
  const next = panel.querySelector(".clusterlab-tour-next");
  const isReady = next.classList.contains("clusterlab-primary");
  const selector = isReady ? ".clusterlab-tour-next" : ".clusterlab-tour-show-me";
  const button = panel.querySelector(isDown ? selector : ".clusterlab-tour-back");
  event.preventDefault(); // the page would scroll
  event.stopPropagation();
  button.click();
}

function mark(panel) {
  const region = panel.querySelector(".clusterlab-tour-text");
  if (!region || region.hasAttribute("aria-live")) return;
  for (const [name, value] of Object.entries({
    role: "region", "aria-label": "Story", "aria-live": "polite", tabindex: "0",
  })) region.setAttribute(name, value);
}

/** A long answer, as after three wrong guesses, is set closer where it would have to be scrolled. */
function fit(text) {
  text.classList.remove("clusterlab-tight");
  text.classList.toggle("clusterlab-tight", text.scrollHeight > text.clientHeight + 1);
}

function keepFitting(panel, signal) {
  const text = panel.querySelector(".clusterlab-tour-text");
  const observer = new MutationObserver(() => fit(text));
  observer.observe(text, { childList: true, subtree: true });
  signal.addEventListener("abort", () => observer.disconnect());
  window.addEventListener("resize", () => fit(text), { signal });
  fit(text);
}

function whenInside(el, signal, act) {
  if (signal.aborted) return;
  const panel = el.closest(".clusterlab-tour");
  if (panel && panel.querySelector(".clusterlab-tour-text")) act(panel);
  else setTimeout(whenInside, 50, el, signal, act);
}

export default {
  render({ el }) {
    const life = new AbortController();
    whenInside(el, life.signal, (panel) => {
      const options = { capture: true, signal: life.signal };
      panel.addEventListener("keydown", (event) => turn(panel, event), options);
      mark(panel);
      keepFitting(panel, life.signal);
    });
    return () => life.abort();
  },
};
