// Buttons, tabs and keys, and how the page begins.

const reset = () => keep(state.start.latent, "reset");

const savePicture = () =>
  attempt(async () => {
    await refreshing;
    const large = document.createElement("canvas");
    large.width = large.height = Math.max(512, facts.side);
    const context = large.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(element("picture"), 0, 0, large.width, large.height);
    const png = await pngWith(large, [textChunk(toText(state.latent))]);
    download(png, `${facts.name}.png`);
    say("Saved. Drop the PNG here to get its sliders back.");
  });

const copy = (text, words) =>
  attempt(async () => {
    await navigator.clipboard.writeText(text).catch(() => {
      throw new Error(`The browser does not let the page copy: ${text}`);
    });
    say(words);
  });

const copyVector = () =>
  copy(
    JSON.stringify(Array.from(state.latent, (value) => Number(value.toFixed(5)))),
    "Copied. Saved as vector.json: python -m dreams RUN --latent vector.json",
  );

const help = () => element("help").showModal();

const actions = {
  dream: () => dream(),
  undo: () => goTo(present - 1),
  redo: () => goTo(present + 1),
  reset,
  save: savePicture,
  help,
  link: () => copy(location.href, "The link is copied."),
  vector: copyVector,
  walk,
  mutate,
  pin,
  "way-strip": saveStrip,
  "way-gif": saveGif,
  "way-video": saveVideo,
  plate: drawPlate,
  "plate-save": savePlate,
};

const keys = {
  r: actions.dream,
  z: actions.undo,
  y: actions.redo,
  0: reset,
  s: savePicture,
  m: () => chooseTab("mutate"),
  p: pin,
  w: walk,
  "?": help,
};

// What a panel shows when it is opened.
const opened = { sliders: paintEndsSoon, mutate, between: () => paintPins(), plate: drawPlate };

const chooseTab = (name) => {
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const isChosen = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", isChosen);
    element(tab.getAttribute("aria-controls")).hidden = !isChosen;
  }
  opened[name]();
};

const isTyping = (target) => target.matches("input:not([type=range]), select, textarea");

const onKey = (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (element("help").open) return;
  if (event.key === "Escape") endWalk();
  const isRange = event.target.matches(".slider input[type=range]");
  if (isRange && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    focusNeighbour(event.target, event.key === "ArrowUp" ? -1 : 1);
    return;
  }
  const action = keys[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  action();
};

for (const button of document.querySelectorAll("[data-do]")) {
  button.addEventListener("click", () => actions[button.dataset.do]());
}
for (const tab of document.querySelectorAll("[role=tab]")) {
  tab.addEventListener("click", () => chooseTab(tab.id.slice(4)));
}
element("mutation-size").addEventListener("change", mutate);
for (const id of ["way", "steps"]) element(id).addEventListener("change", paintPins);
for (const id of ["across", "down"]) element(id).addEventListener("change", drawPlate);
addEventListener("keydown", onKey);
addEventListener("hashchange", readAddress);

buildSliders();
buildPictures();
buildStart();
fillPlateChoices();
if (!readAddress()) beginFromMiddle();
chooseTab("sliders");
