/**
 * A card in JupyterLab's launcher and an entry in its menu Help that open the course again.
 *
 * `clusterlab lab` names the folder of this extension. It is written by hand, so nothing is
 * compiled: `init` is given the modules that JupyterLab shares, `get` returns the plugin.
 */
const START_PAGE = "notebooks/00_start_here.ipynb";
const COMMAND = "clusterlab:course";
const PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 52 52" fill="none">
  <path d="M14 14h24M26 14v20" stroke="#6b7683" stroke-width="3"/>
  <rect x="4" y="6" width="20" height="16" rx="3" fill="#1a9850"/>
  <rect x="28" y="6" width="20" height="16" rx="3" fill="#2c6fbb"/>
  <rect x="16" y="30" width="20" height="16" rx="3" fill="#6b7683"/>
</svg>`;

let shared = {};

/** Returns a module that JupyterLab shares; it has one version of each. */
async function taken(name) {
  const [version] = Object.values(shared[name]);
  return (await version.get())();
}

function activate(app, launcher, menu) {
  const { commands } = app;
  commands.addCommand(COMMAND, {
    label: "clusterlab course",
    caption: "Open the start page of the course",
    execute: () => commands.execute("docmanager:open", { path: START_PAGE }),
  });
  const kernelIconUrl = `data:image/svg+xml,${encodeURIComponent(PICTURE)}`;
  launcher?.add({ command: COMMAND, category: "Notebook", rank: 100, kernelIconUrl });
  menu?.helpMenu.addGroup([{ command: COMMAND }], -1);
}

async function get() {
  const { ILauncher } = await taken("@jupyterlab/launcher");
  const { IMainMenu } = await taken("@jupyterlab/mainmenu");
  const plugin = {
    id: "clusterlab-course:plugin",
    autoStart: true,
    optional: [ILauncher, IMainMenu],
    activate,
  };
  return () => ({ __esModule: true, default: plugin });
}

window._JUPYTERLAB = window._JUPYTERLAB ?? {};
window._JUPYTERLAB["clusterlab-course"] = {
  init: (scope) => {
    shared = scope;
  },
  get,
};
