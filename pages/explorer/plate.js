// Two sliders as a plate of 7 x 7 pictures with captions, for print.

const plateCount = 7;
const plateTile = 280;
const plateMargin = 120;
const plateDotsPerInch = 300;

const fillPlateChoices = () => {
  for (const [place, id] of ["across", "down"].entries()) {
    const chosen = element(id).value || facts.sliders[place]?.id;
    const options = facts.sliders.map((slider) => new Option(nameOf(slider), slider.id));
    element(id).replaceChildren(...options);
    element(id).value = chosen;
  }
};

const drawPlate = () =>
  attempt(async () => {
    const [across, down] = ["across", "down"].map((id) =>
      facts.sliders.find((slider) => slider.id === element(id).value),
    );
    const values = (slider) =>
      Array.from({ length: plateCount }, (_, step) => {
        return slider.low + (step / (plateCount - 1)) * (slider.high - slider.low);
      });
    const latents = values(down).flatMap((y) =>
      values(across).map((x) => withValue(across, withValue(down, state.latent, y), x)),
    );
    const pictures = await network.decode(latents);
    const canvas = element("plate");
    canvas.width = canvas.height = plateMargin + plateCount * plateTile;
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingQuality = "high";
    pictures.forEach((pixels, index) => {
      const x = plateMargin + (index % plateCount) * plateTile;
      const y = plateMargin + Math.floor(index / plateCount) * plateTile;
      context.drawImage(canvasOf(pixels), x + 3, y + 3, plateTile - 6, plateTile - 6);
    });
    captionPlate(context, across, down, values);
    canvas.hidden = false;
  });

const captionPlate = (context, across, down, values) => {
  context.fillStyle = "#222";
  context.textAlign = "center";
  const middle = plateMargin + (plateCount * plateTile) / 2;
  const centre = (step) => plateMargin + (step + 0.5) * plateTile;
  const write = (slider) => {
    context.font = "600 44px sans-serif";
    context.fillText(nameOf(slider), middle, 48);
    context.font = "32px sans-serif";
    values(slider).forEach((value, step) => context.fillText(value.toFixed(1), centre(step), 100));
  };
  write(across);
  // The second axis is written turned: its first row stands on top.
  context.translate(0, 2 * middle);
  context.rotate(-Math.PI / 2);
  context.font = "600 44px sans-serif";
  context.fillText(nameOf(down), middle, 48);
  context.font = "32px sans-serif";
  values(down).forEach((value, step) =>
    context.fillText(value.toFixed(1), 2 * middle - centre(step), 100),
  );
  context.setTransform(1, 0, 0, 1, 0, 0);
};

const savePlate = async () => {
  await drawPlate();
  download(await pngWith(element("plate"), [resolutionChunk(plateDotsPerInch)]), "plate.png");
};
