// Where to start from: a dream, one of the given pictures, a picture of one's own.

const dream = (seed = newSeed()) => {
  element("seed").value = seed;
  const temperature = Number(element("temperature").value);
  const drawn = dreamOf(seed, temperature);
  return begin(state.latent ? withLocks(drawn) : drawn, `dream ${seed}`);
};

// Decoded beforehand: it is shown at once, before what draws pictures is ready.
const beginFromMiddle = async () => {
  const { latent, source } = facts.middle;
  const pixels = await pixelsOf(source);
  paint(element("picture"), pixels);
  begin(Float32Array.from(latent), "all in the middle", pixels);
};

const buildPictures = () => {
  const buttons = facts.pictures.map(({ source, latent }, index) => {
    const picture = new Image();
    picture.src = source;
    picture.alt = "";
    return thumbnail(picture, `picture ${index + 1}`, async () => {
      const pixels = await pixelsOf(source);
      beginFromPicture(Float32Array.from(latent), pixels, `picture ${index + 1}`);
    });
  });
  element("pictures").append(...buttons);
};

// Beside a picture and its redrawing stands how far they are apart.
const beginFromPicture = async (latent, pixels, words) => {
  const [redrawn] = await network.decode([latent]);
  const error = errorBetween(pixels, redrawn).toFixed(3);
  await begin(latent, `${words}, redrawn with an error of ${error}`, pixels);
};

const openFile = (file) =>
  attempt(async () => {
    const text = await textOfPng(file);
    if (text !== null) {
      restore(text);
      return;
    }
    say("reading the picture …");
    const { latent, pixels } = await network.encode(file);
    await beginFromPicture(latent, pixels, file.name || "pasted");
    const typical = facts.rmse ? ` Pictures like those it learnt from: ${facts.rmse.toFixed(3)}.` : "";
    say(`Redrawn as far as the network knows such pictures.${typical}`);
  });

const restore = (text) => {
  const latent = fromText(text);
  if (!latent) throw new Error("That PNG holds the sliders of another network.");
  begin(latent, "from a saved picture");
  say("The sliders of that picture are back.");
};

const buildStart = () => {
  element("seed").addEventListener("change", () => dream(Number(element("seed").value)));
  element("temperature").addEventListener("change", () => dream(Number(element("seed").value)));
  element("upload").addEventListener("change", (event) => {
    const [file] = event.target.files;
    if (file) openFile(file);
    event.target.value = "";
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (file) openFile(file);
  });
  addEventListener("paste", (event) => {
    const [file] = event.clipboardData.files;
    if (file) openFile(file);
  });
};
