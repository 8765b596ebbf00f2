// Draws a live figure; plotly's bundle reaches a page once, however many figures the page has.
//
// Nothing here asks an address: the bundle comes from the kernel, over the connection that is there
// anyway. Questions go out in `render`, because messages reach a model only after `initialize`.

const PATIENCE_MS = 20_000;
const RESIZE_PAUSE_MS = 100;
const DEFAULT_HEIGHT_PX = 360; // plotly's own default inside a notebook
const WAITING =
  "This figure is waiting for its kernel. If it stays away, " +
  "choose Kernel, then Restart Kernel and Run All Cells.";
const BROKEN =
  "This figure could not be drawn. Reload the page, then choose Kernel, " +
  "then Restart Kernel and Run All Cells. The browser said: ";

/** What the figures of one page share; figures of a notebook that is run again find it here. */
function sharedBundle(model) {
  const shelf = (globalThis.clusterlabPlotly ??= new Map());
  const version = model.get("_bundle_version");
  if (!shelf.has(version)) {
    const shared = { received: false, asker: null, askAgainAt: 0, patience: PATIENCE_MS };
    shared.ready = new Promise((resolve) => (shared.resolve = resolve));
    shared.accept = (packed) => {
      if (shared.received) return;
      shared.received = true;
      const module = unpack(packed);
      module.catch(() => shelf.delete(version)); // the next figure may ask again
      shared.resolve(module);
    };
    shelf.set(version, shared);
  }
  return shelf.get(version);
}

async function unpack(packed) {
  const text = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const headers = { "Content-Type": "text/javascript" };
  const url = URL.createObjectURL(await new Response(text, { headers }).blob());
  try {
    const bundle = await import(url);
    makeQuiet(bundle.FigureView.prototype);
    return bundle;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * Python's values are the truth. Sending every default of the drawn figure back after each change
 * would cost more than the change, and a resize is no wish of the user.
 */
function makeQuiet(view) {
  view._sendTraceDeltas = () => {};
  view._sendLayoutDelta = () => {};
  view.touch = function () {
    quietly(() => this.model.save_changes());
  };
  const report = view.handle_plotly_relayout;
  view.handle_plotly_relayout = function (change) {
    if (!change?.autosize) report.call(this, change);
  };
}

/** One figure of the page asks; another takes over if that one goes away or gets no answer. */
function fetchBundle(model, signal) {
  const shared = sharedBundle(model);
  const ask = () => {
    if (shared.received || Date.now() < shared.askAgainAt) return;
    shared.asker = signal;
    shared.askAgainAt = Date.now() + shared.patience;
    shared.patience *= 2; // a busy kernel must not find a heap of questions
    send(model, { ask: "bundle" });
  };
  model.on("msg:custom", (message, buffers) => {
    if (message.answer === "bundle") shared.accept(buffers[0]);
  });
  const timer = setInterval(ask, 1000);
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    if (shared.asker === signal) shared.askAgainAt = 0;
  });
  ask();
  return shared.ready.finally(() => clearInterval(timer));
}

function send(model, message) {
  quietly(() => model.send(message));
}

/** Without a kernel nobody listens; a figure that is left over must not fill the console. */
function quietly(talk) {
  try {
    talk();
  } catch {
    // Where a figure could not be painted, the sentence in its place says what to do.
  }
}

/** Sets the values that differ and sends them together. */
function tell(model, values) {
  const news = Object.entries(values).filter(([name, value]) => model.get(name) !== value);
  if (news.length === 0) return;
  for (const [name, value] of news) model.set(name, value);
  quietly(() => model.save_changes());
}

/** The bodies of dark pages: of JupyterLab and Notebook 7, of VS Code. */
const DARK_PAGE =
  "[data-jp-theme-light='false'], [data-vscode-theme-kind='vscode-dark'], [data-vscode-theme-kind='vscode-high-contrast']";

function watchTheme(model, signal) {
  const motion = matchMedia("(prefers-reduced-motion: reduce)");
  const contrast = matchMedia("(forced-colors: active) and (prefers-color-scheme: dark)");
  const isDark = () => document.body.matches(DARK_PAGE) || contrast.matches;
  const report = () =>
    tell(model, {
      theme: isDark() ? "dark" : "light",
      reduced_motion: motion.matches,
    });
  const observer = new MutationObserver(report);
  const said = ["data-jp-theme-light", "data-vscode-theme-kind"];
  observer.observe(document.body, { attributeFilter: said });
  signal.addEventListener("abort", () => observer.disconnect());
  motion.addEventListener("change", report, { signal });
  contrast.addEventListener("change", report, { signal });
  report();
}

/** Reports the width now and after each change; resolves as soon as there is one. */
function watchWidth(model, el, signal, onResize) {
  return new Promise((resolve) => {
    let known = 0;
    let timer;
    const report = (width) => {
      known = width;
      tell(model, { width_px: width });
      onResize();
      resolve();
    };
    const observer = new ResizeObserver(([entry]) => {
      const width = Math.round(entry.contentRect.width);
      clearTimeout(timer);
      if (width === 0 || width === known) return;
      if (known === 0) report(width);
      else timer = setTimeout(report, RESIZE_PAUSE_MS, width);
    });
    observer.observe(el);
    signal.addEventListener("abort", () => {
      observer.disconnect();
      clearTimeout(timer);
    });
  });
}

function say(el, text) {
  const sentence = document.createElement("p");
  sentence.setAttribute("role", "status");
  sentence.textContent = text;
  el.replaceChildren(sentence);
}

/** The camera button stands inside, so this is no image, which has no buttons, but a figure. */
function describe(model, el) {
  const label = () => el.setAttribute("aria-label", model.get("alt"));
  el.setAttribute("role", "figure");
  model.on("change:alt", label);
  label();
}

/** Marks the figure as soon as it hears clicks, which is later than it is painted. */
function markListening(el, signal) {
  const mark = ({ detail }) => {
    if (detail.element !== el) return;
    el.dataset.listens = "true";
    // The words of the figure say all that its drawing says.
    for (const drawing of el.querySelectorAll(".main-svg")) drawing.setAttribute("aria-hidden", "true");
  };
  document.addEventListener("plotlywidget-after-render", mark, { signal });
}

/** Asks for the state of now, and paints in the very moment it is there: no change gets lost. */
function paintOnAnswer(bundle, model, el, signal, onPaint) {
  let painted = false;
  model.on("msg:custom", (message) => {
    if (message.answer !== "state" || painted || signal.aborted) return;
    painted = true;
    el.replaceChildren();
    el.style.minHeight = "";
    describe(model, el);
    markListening(el, signal);
    // A bundle of its own per view: its listeners end with the view.
    const widget = bundle.default();
    widget.initialize({ model });
    signal.addEventListener("abort", widget.render({ model, el }));
    onPaint();
  });
  send(model, { ask: "state" });
}

async function show(model, el, signal) {
  el.classList.add("clusterlab-figure");
  el.style.minHeight = `${model.get("_widget_layout").height ?? DEFAULT_HEIGHT_PX}px`;
  const late = setTimeout(say, PATIENCE_MS, el, WAITING);
  signal.addEventListener("abort", () => clearTimeout(late));
  let resize = () => {};
  watchTheme(model, signal);
  const width = watchWidth(model, el, signal, () => resize());
  try {
    const [bundle] = await Promise.all([fetchBundle(model, signal), width]);
    paintOnAnswer(bundle, model, el, signal, () => {
      clearTimeout(late);
      const view = { model, el, _sendLayoutDelta() {} };
      resize = () => bundle.FigureView.prototype.autosizeFigure.call(view);
    });
  } catch (error) {
    clearTimeout(late);
    say(el, BROKEN + error.message);
  }
}

export default {
  initialize: ({ model }) => hearThoughLate(model),
  render({ model, el }) {
    const life = new AbortController();
    show(model, el, life.signal); // not awaited: the page puts the element in place meanwhile
    return () => life.abort();
  },
};
