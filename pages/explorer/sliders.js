// The sliders: one for each dimension or direction, with its name and its two ends.

const openCount = 8;
// A slider reaches beyond the training codes by this share of their range.
const beyond = 0.25;
const rows = new Map();

const reachOf = (slider) => {
  const margin = beyond * (slider.high - slider.low);
  return [slider.low - margin, slider.high + margin];
};

const nameOf = (slider) => slider.name || slider.id;

const buildSlider = (slider) => {
  const row = document.createElement("div");
  row.className = "slider";
  row.dataset.id = slider.id;
  row.innerHTML = `
    <div class="words"><button type="button" class="name" title="Rename"></button>
    <span class="note"></span><span class="mark" hidden>beyond the training pictures</span>
    <button type="button" class="lock" aria-pressed="false" title="Lock"></button></div>
    <div class="track"><canvas aria-hidden="true"></canvas><input type="range">
    <canvas aria-hidden="true"></canvas></div>`;
  const input = row.querySelector("input");
  const [least, most] = reachOf(slider);
  Object.assign(input, { min: least, max: most, step: (most - least) / 200 });
  input.addEventListener("input", () => {
    show(withValue(slider, state.latent, Number(input.value)));
  });
  input.addEventListener("change", () => keep(state.latent, nameOf(slider)));
  input.addEventListener("dblclick", () => {
    keep(withValue(slider, state.latent, slider.middle), nameOf(slider));
  });
  row.querySelector(".name").addEventListener("click", () => startRenaming(slider));
  row.querySelector(".lock").addEventListener("click", () => toggleLock(slider));
  const ends = row.querySelectorAll("canvas");
  rows.set(slider.id, { slider, row, input, ends });
  showName(slider);
  return row;
};

const showName = (slider) => {
  const { row, input } = rows.get(slider.id);
  const name = row.querySelector(".name");
  name.textContent = nameOf(slider);
  const note = row.querySelector(".note");
  note.textContent = [slider.name && slider.id, slider.note].filter(Boolean).join(": ");
  note.title = slider.direction
    ? "a direction across the dimensions, found in the codes of described pictures"
    : `${slider.nats} nats; the share is measured on held-out pictures`;
  input.setAttribute("aria-label", nameOf(slider));
  row.querySelector(".lock").setAttribute("aria-label", `Lock ${nameOf(slider)}`);
};

const startRenaming = (slider) => {
  const button = rows.get(slider.id).row.querySelector(".name");
  const field = document.createElement("input");
  Object.assign(field, { type: "text", className: "name", maxLength: 60, value: slider.name });
  field.setAttribute("aria-label", `Name of ${slider.id}`);
  let isDone = false;
  const end = async (isKept) => {
    if (isDone) return;
    isDone = true;
    field.replaceWith(button);
    if (isKept && field.value.trim() !== slider.name) {
      await attempt(async () => {
        await network.rename(slider.id, field.value);
        slider.name = field.value.trim();
      });
      showName(slider);
      fillPlateChoices();
    }
  };
  field.addEventListener("blur", () => end(true));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") end(true);
    if (event.key === "Escape") end(false);
  });
  button.replaceWith(field);
  field.select();
};

const toggleLock = (slider) => {
  if (!state.locked.delete(slider.id)) state.locked.add(slider.id);
  updateSliders();
  writeAddress();
};

const updateSliders = () => {
  for (const { slider, row, input } of rows.values()) {
    const value = valueOf(slider, state.latent);
    const isBeyond = value < slider.low || value > slider.high;
    input.value = value;
    input.setAttribute("aria-valuetext", value.toFixed(2) + (isBeyond ? ", beyond the training pictures" : ""));
    row.classList.toggle("beyond", isBeyond);
    row.querySelector(".mark").hidden = !isBeyond;
    const isLocked = state.locked.has(slider.id);
    row.querySelector(".lock").setAttribute("aria-pressed", isLocked);
    row.classList.toggle("locked", isLocked);
  }
};

// What stands at the ends of a slider depends on all the others: drawn when nothing
// else is, the visible ones only. A large network may take a second for each.
let endsTimer = null;
const paintEndsSoon = () => {
  clearTimeout(endsTimer);
  endsTimer = setTimeout(paintEnds, 250);
};

const paintEnds = async () => {
  const base = state.latent;
  for (const { slider, ends } of rows.values()) {
    if (!ends[0].checkVisibility()) continue;
    // Whatever the user did meanwhile comes first.
    await new Promise((resolve) => setTimeout(resolve));
    if (base !== state.latent) return;
    const latents = [slider.low, slider.high].map((value) => withValue(slider, base, value));
    const pictures = await attempt(() => network.decode(latents));
    if (!pictures) return;
    pictures.forEach((pixels, index) => paint(ends[index], pixels));
  }
};

const buildSliders = () => {
  const built = facts.sliders.map(buildSlider);
  element("sliders").append(...built.slice(0, openCount));
  element("folded").append(...built.slice(openCount));
  element("more").hidden = built.length <= openCount;
  element("more-words").textContent = `${built.length - openCount} more`;
  element("more").addEventListener("toggle", paintEndsSoon);
};

const focusNeighbour = (input, step) => {
  const inputs = [...document.querySelectorAll(".slider input[type=range]")].filter(
    (other) => other.checkVisibility(),
  );
  inputs[inputs.indexOf(input) + step]?.focus();
};
