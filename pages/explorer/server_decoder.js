// The interface to the networks, here those of the server:
//   decode(latents)    a picture of each, pixels as [red, green, blue, ...] bytes
//   encode(file)       {latent, pixels} of a picture file, cut as in training; a fourth
//                      byte of each pixel is 0 in the bars beside it
//   rename(id, name)   keep a name
// Each returns a promise, which fails with a sentence.
const ask = async (what, body) => {
  const headers = { "x-page-token": token };
  const answer = await fetch(what, { method: "POST", body, headers }).catch(() => {
    throw new Error("The server does not answer: is it still running?");
  });
  if (!answer.ok) throw new Error(await answer.text());
  return answer;
};

const pixelCount = 3 * facts.side ** 2;

const network = {
  async decode(latents) {
    const body = new Float32Array(latents.length * facts.latentCount);
    latents.forEach((latent, row) => body.set(latent, row * facts.latentCount));
    const pixels = new Uint8Array(await (await ask("decode", body)).arrayBuffer());
    return latents.map((_, row) =>
      pixels.subarray(row * pixelCount, (row + 1) * pixelCount),
    );
  },
  async encode(file) {
    const bytes = await (await ask("encode", file)).arrayBuffer();
    const latent = new Float32Array(bytes.slice(0, 4 * facts.latentCount));
    return { latent, pixels: new Uint8Array(bytes, 4 * facts.latentCount) };
  },
  async rename(id, name) {
    await ask("rename", JSON.stringify({ id, name }));
  },
};
