// A page for a room that looks on: fitted to the screen, and turned by the keys of a presenter.

const LEAST_SCALE = 1.5; // the smallest text has 12 px
const WIDTH_PX = 1280 / LEAST_SCALE;
const HEIGHT_PX = 720 / LEAST_SCALE;
const ENLARGED = 2;
const LEAST_PART = 0.75;
const PAUSE_MS = 150;
const MOST_GROWN = 3;
const KEYS = {
  "Page Down": "on", "Page Up": "back", B: "black screen", M: "magnify at the pointer",
  F: "full screen", H: "hide this line",
};
const OWN_KEYS = "textarea, input, select, [contenteditable]";

function place(page) {
  const { root, pointer } = page;
  const scale = Math.max(LEAST_SCALE, Math.min(innerWidth / WIDTH_PX, innerHeight / HEIGHT_PX));
  root.style.width = `${innerWidth / scale}px`;
  root.style.height = `${innerHeight / scale}px`;
  root.classList.toggle("clusterlab-show-narrow", innerWidth / scale < 760);
  const by = page.isEnlarged ? ENLARGED : 1; // what is under the pointer stays there
  const [x, y] = pointer.map((value) => Math.round(value * (1 - by)));
  root.style.transform = `translate(${x}px, ${y}px) scale(${scale * by})`;
}

/** A picture that is taller than the screen is drawn smaller: the whole cluster is seen. */
function fit(root) {
  const stage = root.querySelector(".clusterlab-toured");
  const panel = stage?.firstElementChild;
  if (!panel) return;
  const empty = [...panel.querySelectorAll(".clusterlab-figure:not(.js-plotly-plot)")];
  if (empty.some((one) => one.checkVisibility())) {
    setTimeout(fit, PAUSE_MS, root); // its height says nothing before it is drawn
    return;
  }
  const title = root.querySelector(".clusterlab-told h3")?.textContent;
  if (panel.dataset.scene !== title) Object.assign(panel.dataset, { scene: title, grown: 0 });
  const before = Number(panel.dataset.scale ?? 1);
  const wanted = Math.floor((100 * stage.clientHeight) / panel.offsetHeight) / 100;
  const scale = Math.max(LEAST_PART, Math.min(1, wanted)); // a long list is scrolled
  if (scale === before || (scale > before && panel.dataset.grown >= MOST_GROWN)) return;
  if (scale > before) panel.dataset.grown++; // lines that wrap again could make it go to and fro
  panel.dataset.scale = scale;
  panel.style.transform = scale < 1 ? `scale(${scale})` : "";
  panel.style.width = scale < 1 ? `${100 / scale}%` : "";
}

/** What is new in the story is seen; a scene is read from its start. */
function follow(page) {
  const text = page.root.querySelector(".clusterlab-tour-text");
  const title = text?.querySelector("h3")?.textContent;
  if (!text) return;
  if (page.title !== title) text.scrollTop = 0;
  else if (text.scrollHeight > page.told) text.scrollTop = text.scrollHeight;
  Object.assign(page, { title, told: text.scrollHeight });
}

/** A story that is longer than the screen is read to its end before the scene is turned. */
function scroll(root, step) {
  const text = root.querySelector(".clusterlab-tour-text");
  const before = text.scrollTop;
  text.scrollTop += step * text.clientHeight * 0.8;
  return Math.abs(text.scrollTop - before) > 2;
}

function hear(page, event) {
  if (event.altKey || event.ctrlKey || event.metaKey || !event.isTrusted) return;
  const { root, black } = page;
  const step = { PageDown: 1, PageUp: -1 }[event.key];
  if (!black.hidden || (!event.target.closest(OWN_KEYS) && "bB.".includes(event.key))) {
    black.hidden = !black.hidden; // whatever the key: a room must not stay dark
  } else if (step) {
    if (!scroll(root, step)) {
      const tour = root.querySelector(".clusterlab-tour");
      tour.dispatchEvent(new KeyboardEvent("keydown", { key: event.key }));
    }
  } else if (event.target.closest(OWN_KEYS)) return;
  else if ("mM".includes(event.key)) {
    page.isEnlarged = root.classList.toggle("clusterlab-show-enlarged");
    place(page);
  } else if ("hH".includes(event.key)) root.classList.toggle("clusterlab-show-no-keys");
  else if ("fF".includes(event.key)) {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen();
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

function add(parent, tag, name, text = "") {
  const made = document.createElement(tag);
  Object.assign(made, { className: name, textContent: text });
  parent.append(made);
  return made;
}

function sayKeys(root, signal) {
  const line = add(root, "div", "clusterlab-show-keys");
  for (const [key, text] of Object.entries(KEYS)) {
    add(line, "kbd", "", key);
    line.append(` ${text} `);
  }
  signal.addEventListener("abort", () => line.remove());
}

function begin(el, root, signal) {
  const black = add(el, "div", "clusterlab-show-black");
  black.hidden = true;
  sayKeys(root, signal);
  const page = { root, black, isEnlarged: false, pointer: [innerWidth / 2, innerHeight / 2] };
  const move = (event) => {
    page.pointer = [event.clientX, event.clientY];
    if (page.isEnlarged) place(page);
  };
  addEventListener("keydown", (event) => hear(page, event), { capture: true, signal });
  addEventListener("pointermove", move, { signal });
  addEventListener("resize", () => place(page), { signal });
  let timer;
  const sizes = new ResizeObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(fit, PAUSE_MS, root); // what is being drawn has heights of its own
  });
  const watch = () => {
    const stage = root.querySelector(".clusterlab-toured");
    sizes.disconnect();
    for (const one of [stage, stage?.firstElementChild]) if (one) sizes.observe(one);
    requestAnimationFrame(() => follow(page));
  };
  const changes = new MutationObserver(watch); // the next tour is another panel
  changes.observe(root.querySelector(".clusterlab-show-frame"), { childList: true, subtree: true });
  signal.addEventListener("abort", () => [sizes, changes].forEach((one) => one.disconnect()));
  watch();
  place(page);
  root.dataset.shows = "true";
}

function whenInside(el, signal) {
  if (signal.aborted) return;
  const root = el.closest(".clusterlab-show");
  if (root?.querySelector(".clusterlab-tour-text")) begin(el, root, signal);
  else setTimeout(whenInside, 50, el, signal);
}

export default {
  render({ el }) {
    const life = new AbortController();
    whenInside(el, life.signal);
    return () => life.abort();
  },
};
