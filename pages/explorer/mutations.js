// Nine pictures near the present one, to choose from.

const mutate = async () => {
  const size = Number(element("mutation-size").value);
  const deviations = new Float32Array(facts.latentCount).fill(1);
  for (const slider of facts.sliders) {
    // From the 1st to the 99th percentile of a normal distribution.
    if (!slider.direction) deviations[slider.dimension] = (slider.high - slider.low) / 4.65;
  }
  const latents = Array.from({ length: 9 }, () => {
    const noise = normalDraws(facts.latentCount, Math.random);
    return withLocks(state.latent.map((value, index) => value + size * deviations[index] * noise[index]));
  });
  const pictures = await attempt(() => network.decode(latents));
  if (!pictures) return;
  const buttons = pictures.map((pixels, index) =>
    thumbnail(canvasOf(pixels), `mutation ${index + 1}`, async () => {
      await keep(latents[index], "mutation");
      mutate();
    }),
  );
  element("mutations").replaceChildren(...buttons);
};
