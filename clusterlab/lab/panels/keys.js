// What a panel of widgets cannot say from Python: keys, a few attributes for screen readers, and
// when the page has painted.
//
// Arrows and Space press the panel's own buttons, so Python hears nothing new.

const BUTTONS = {
  ArrowLeft: ".clusterlab-back",
  ArrowRight: ".clusterlab-forward",
  " ": ".clusterlab-play",
};
const OWN_KEYS = "input, textarea, select, summary, [role=tab], [role=tree], [role=grid], [contenteditable]";
const OWN_SPACE = "button, a, .clusterlab-scroll";

function press(panel, event) {
  const selector = BUTTONS[event.key];
  if (!selector || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target.closest(".clusterlab-panel") !== panel) return; // one panel stands in another
  if (event.target.closest(OWN_KEYS)) return;
  if (event.key === " " && event.target.closest(OWN_SPACE)) return;
  const button = panel.querySelector(selector);
  if (!button) return;
  event.preventDefault(); // the page would scroll
  event.stopPropagation(); // the notebook would choose another cell
  button.click();
}

/** In a list the notebook would take arrows and letters for its own shortcuts. */
function keep(event) {
  if (event.key !== "Tab" && event.key !== "Escape" && event.target.closest("select")) {
    event.stopPropagation();
  }
}

const ATTRIBUTES = [
  [".clusterlab-live", { role: "status", "aria-live": "polite" }],
  [".clusterlab-slider .noUi-handle", { "aria-label": "Moment shown, in seconds" }],
  [
    ".clusterlab-stage.clusterlab-steps",
    {
      role: "group",
      tabindex: "0",
      "aria-label": "Diagram of steps. Arrow keys walk through the list, Space does the step.",
    },
  ],
  [
    ".clusterlab-stage:not(.clusterlab-steps)",
    {
      role: "group",
      tabindex: "0",
      "aria-label": "Diagram. Arrow keys step through time, Space plays and pauses.",
    },
  ],
];

/** Children of a panel arrive one by one and some are rebuilt, so they are marked as they come. */
function mark(panel) {
  for (const [selector, values] of ATTRIBUTES) {
    for (const element of panel.querySelectorAll(selector)) {
      for (const [name, value] of Object.entries(values)) {
        if (element.getAttribute(name) !== value) element.setAttribute(name, value);
      }
    }
  }
  // The boxes of nodes have the same buttons; the name of the node tells them apart.
  for (const box of panel.querySelectorAll(".clusterlab-node")) {
    const name = box.querySelector("b")?.textContent;
    if (!name || box.getAttribute("aria-label") === name) continue;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", name);
  }
}

function whenInside(el, signal, act) {
  if (signal.aborted) return;
  const panel = el.closest(".clusterlab-panel");
  if (panel) act(panel);
  else setTimeout(whenInside, 50, el, signal, act);
}

/** Without a kernel nobody listens. */
function quietly(talk) {
  try {
    talk();
  } catch {
    // The notebook itself says that its kernel is gone.
  }
}

export default {
  render({ model, el }) {
    const life = new AbortController();
    const answer = () => requestAnimationFrame(() => quietly(() => model.send({ painted: true })));
    model.on("msg:custom", answer);
    life.signal.addEventListener("abort", () => model.off("msg:custom", answer));
    answer();
    whenInside(el, life.signal, (panel) => {
      const options = { capture: true, signal: life.signal };
      panel.addEventListener("keydown", (event) => press(panel, event), options);
      panel.addEventListener("keydown", keep, { signal: life.signal });
      const observer = new MutationObserver(() => mark(panel));
      observer.observe(panel, { childList: true, subtree: true });
      life.signal.addEventListener("abort", () => observer.disconnect());
      mark(panel);
      panel.dataset.listens = "true";
    });
    return () => life.abort();
  },
};
