// What is shown: the latent vector, where it began, what is locked, and the history.
// The vector and the locks stand in the address after #.

const mostMoments = 60;
const state = { latent: null, start: null, locked: new Set() };
const moments = [];
let present = -1;

// One picture is asked for at a time; while it is made, only the newest wish is kept.
let isStale = false;
let refreshing = null;

// Resolved when the newest wish is shown.
const refresh = () => {
  isStale = true;
  refreshing ??= showNewest();
  return refreshing;
};

const showNewest = async () => {
  while (isStale) {
    isStale = false;
    const wanted = state.latent;
    const pictures = await attempt(() => network.decode([wanted]));
    if (pictures) {
      paint(element("picture"), pictures[0]);
      element("picture").dispatchEvent(new CustomEvent("shown", { detail: wanted }));
    }
  }
  refreshing = null;
};

// Show a vector while it changes.
const show = (latent) => {
  state.latent = latent;
  updateSliders();
  return refresh();
};

// Show a vector and keep it: in the history, and in the address. One that gave way to a
// newer wish was not looked at.
const keep = async (latent, label) => {
  await show(latent);
  if (state.latent !== latent) return;
  moments.splice(present + 1);
  moments.push({ latent, label, start: state.start, canvas: copyOf(element("picture")) });
  if (moments.length > mostMoments) moments.shift();
  present = moments.length - 1;
  afterChange();
};

const copyOf = (canvas) => {
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [canvas.width, canvas.height];
  copy.getContext("2d").drawImage(canvas, 0, 0);
  return copy;
};

const goTo = async (index) => {
  if (index < 0 || index >= moments.length) return;
  present = index;
  state.start = moments[index].start;
  paintStart();
  await show(moments[index].latent);
  afterChange();
};

const afterChange = () => {
  writeAddress();
  paintHistory();
  paintEndsSoon();
};

// Begin anew from a vector; `pixels` are those of the picture that it stands for.
const begin = async (latent, words, pixels = null) => {
  const start = { latent, words, pixels };
  state.start = start;
  paintStart();
  await keep(latent, words);
  start.pixels ??= (await attempt(() => network.decode([latent])))?.[0];
  paintStart();
};

const paintStart = () => {
  if (state.start.pixels) paint(element("start"), state.start.pixels);
  element("start-words").textContent = state.start.words;
};

const paintHistory = () => {
  const buttons = moments.map((moment, index) => {
    const button = thumbnail(moment.canvas, moment.label, () => goTo(index));
    if (index === present) button.setAttribute("aria-current", "true");
    return button;
  });
  element("history").replaceChildren(...buttons);
  buttons[present]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  document.querySelector("[data-do=undo]").disabled = present <= 0;
  document.querySelector("[data-do=redo]").disabled = present >= moments.length - 1;
};

// A vector in which every locked slider stands where it stands now. Directions may
// lean on dimensions, so it takes a few rounds: Kaczmarz 1937.
const withLocks = (latent) => {
  const locked = facts.sliders.filter((slider) => state.locked.has(slider.id));
  for (let round = 0; round < 10; round += 1) {
    for (const slider of locked) {
      latent = withValue(slider, latent, valueOf(slider, state.latent));
    }
  }
  return latent;
};

const writeAddress = () => {
  const parts = [`z=${toText(state.latent)}`];
  if (state.locked.size) parts.push(`locked=${[...state.locked].join(",")}`);
  history.replaceState(null, "", `#${parts.join("&")}`);
};

// Whether the address held a state, which is shown then.
const readAddress = () => {
  const parts = new URLSearchParams(location.hash.slice(1));
  const latent = fromText(parts.get("z") ?? "");
  if (!latent) return false;
  const ids = new Set(facts.sliders.map((slider) => slider.id));
  const locked = (parts.get("locked") ?? "").split(",").filter((id) => ids.has(id));
  state.locked = new Set(locked);
  begin(latent, "from the link");
  return true;
};
