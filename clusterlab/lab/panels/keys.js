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

/** The notebook takes letters, and arrows in a list, for its own shortcuts: `d d` deletes a cell. */
function keep(event) {
  const isLetter = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
  const isInList = event.target.closest("select") && !["Tab", "Escape"].includes(event.key);
  if (isLetter || isInList) event.stopPropagation();
}

/** Enter sends the line as it stands in the box; the model may lag behind a fast typist. */
function enter(panel, model, event) {
  const box = event.target.closest(".clusterlab-prompt input");
  if (!box || event.key !== "Enter" || box.closest(".clusterlab-panel") !== panel) return;
  event.preventDefault();
  event.stopPropagation();
  quietly(() => model.send({ line: box.value }));
  box.value = "";
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

const ATTRIBUTES = [
  [".clusterlab-live", { role: "status", "aria-live": "polite" }],
  [".clusterlab-slider .noUi-handle", { "aria-label": "Moment shown, in seconds" }],
];

function setAttributes(element, values) {
  for (const [name, value] of Object.entries(values)) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
}

/** Children of a panel arrive one by one and some are rebuilt, so they are marked as they come. */
function mark(panel) {
  for (const [selector, values] of ATTRIBUTES) {
    for (const element of panel.querySelectorAll(selector)) setAttributes(element, values);
  }
  // The boxes of nodes have the same buttons; the name of the node tells them apart.
  for (const box of panel.querySelectorAll(".clusterlab-node")) {
    const name = box.querySelector("b")?.textContent;
    if (name) setAttributes(box, { role: "group", "aria-label": name });
  }
  nameStages(panel);
  nameFields(panel);
}

const KEY_NAMES = { ArrowLeft: "Left arrow", ArrowRight: "Right arrow", " ": "Space" };

/** A picture takes the keys of its panel's buttons, and says what these are called. */
function nameStages(panel) {
  const keys = Object.entries(BUTTONS).flatMap(([key, selector]) => {
    const text = panel.querySelector(selector)?.textContent ?? "";
    const words = text.replace(/[^\p{L}\p{N} ]/gu, "").trim();
    return words ? [`${KEY_NAMES[key]}: ${words}.`] : [];
  });
  if (keys.length === 0) return;
  const label = `Diagram. ${keys.join(" ")}`;
  for (const stage of panel.querySelectorAll(".clusterlab-stage")) {
    if (stage.closest(".clusterlab-panel") !== panel) continue; // that one has keys of its own
    setAttributes(stage, { role: "group", tabindex: "0", "aria-label": label });
  }
}

/** Stock sliders and their read-outs have no name, fields without a label only a tooltip. */
function nameFields(panel) {
  for (const slider of panel.querySelectorAll(".widget-slider:not(.clusterlab-slider)")) {
    const name = slider.querySelector(".widget-label")?.textContent;
    if (!name) continue;
    for (const part of slider.querySelectorAll(".noUi-handle")) {
      setAttributes(part, { "aria-label": name });
    }
    for (const part of slider.querySelectorAll(".widget-readout")) {
      setAttributes(part, { role: "textbox", "aria-label": `${name}, value` });
    }
  }
  for (const field of panel.querySelectorAll("input[title], select[title]")) {
    const label = field.closest(".jupyter-widgets")?.querySelector(".widget-label");
    if (!label?.textContent.trim()) setAttributes(field, { "aria-label": field.title });
  }
}

/** A button that is switched off loses the focus; the keys of the panel shall go on working. */
function keepFocus(panel, button) {
  const active = document.activeElement;
  if (!button?.disabled || (active !== button && active !== document.body)) return;
  const near = button.closest(".clusterlab-row")?.querySelector("button:not(:disabled)");
  (near ?? panel.querySelector(".clusterlab-stage"))?.focus({ preventScroll: true });
}

function whenInside(el, signal, act) {
  if (signal.aborted) return;
  const panel = el.closest(".clusterlab-panel");
  if (panel) act(panel);
  else setTimeout(whenInside, 50, el, signal, act);
}

const GONE = ["restarting", "autorestarting", "terminating", "dead"];
const GONE_WORDS =
  "The kernel of this panel has stopped, so nothing can be done here any more. Run the first " +
  "cell with code on this page, then the cell of this panel. A tour then offers the scene that " +
  "you reached.";

/** A panel whose kernel is gone says so, and what to do. */
function watchKernel(panel, model, signal) {
  if (panel.parentElement.closest(".clusterlab-panel")) return; // the outer one says it
  const kernel = model.widget_manager?.kernel;
  const tell = (_, status) => {
    if (!GONE.includes(status) || panel.querySelector(":scope > .clusterlab-gone")) return;
    const words = document.createElement("p");
    words.className = "clusterlab-alert clusterlab-failed clusterlab-gone";
    words.setAttribute("role", "alert");
    words.textContent = GONE_WORDS;
    panel.prepend(words);
  };
  kernel?.statusChanged.connect(tell);
  signal.addEventListener("abort", () => kernel?.statusChanged.disconnect(tell));
}

const ARRIVAL_MS = 4000;

/** After Run a page would show the end of a panel; until somebody acts, its top comes into view. */
function showTop(panel, signal) {
  const page = panel.closest(".jp-WindowedPanel-outer");
  if (!page || panel.parentElement.closest(".clusterlab-panel")) return;
  const observer = new ResizeObserver(() => {
    const [box, room] = [panel, page].map((one) => one.getBoundingClientRect());
    if (box.top < room.top && box.bottom > room.top) panel.scrollIntoView({ block: "start" });
  });
  const end = () => observer.disconnect();
  observer.observe(panel);
  setTimeout(end, ARRIVAL_MS);
  for (const deed of ["wheel", "pointerdown", "keydown"]) {
    document.addEventListener(deed, end, { capture: true, once: true, signal });
  }
  signal.addEventListener("abort", end);
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
  initialize: ({ model }) => hearThoughLate(model),
  render({ model, el }) {
    const life = new AbortController();
    const answer = () => requestAnimationFrame(() => quietly(() => model.send({ painted: true })));
    model.on("msg:custom", answer);
    life.signal.addEventListener("abort", () => model.off("msg:custom", answer));
    answer();
    whenInside(el, life.signal, (panel) => {
      const options = { capture: true, signal: life.signal };
      panel.addEventListener("keydown", (event) => enter(panel, model, event), options);
      panel.addEventListener("keydown", (event) => press(panel, event), options);
      panel.addEventListener("keydown", keep, { signal: life.signal });
      let focused = null;
      panel.addEventListener("focusin", (event) => (focused = event.target), options);
      const observer = new MutationObserver(() => {
        mark(panel);
        keepFocus(panel, focused);
      });
      observer.observe(panel, { childList: true, subtree: true, attributeFilter: ["disabled"] });
      life.signal.addEventListener("abort", () => observer.disconnect());
      watchKernel(panel, model, life.signal);
      showTop(panel, life.signal);
      mark(panel);
      panel.dataset.listens = "true";
    });
    return () => life.abort();
  },
};
