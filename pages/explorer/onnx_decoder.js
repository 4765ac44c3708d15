// The interface to the networks, as in server_decoder.js, here inside the page: they and
// what runs them stand in it, gzipped, as base64.
const carried = async (name) => {
  const text = document.getElementById(`carried-${name}`).textContent;
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};

const loadRuntime = async () => {
  const script = new Blob([await carried("script")], { type: "text/javascript" });
  const runtime = await import(URL.createObjectURL(script));
  runtime.env.wasm.wasmBinary = await carried("binary");
  // More need two headers that a file on disk cannot have.
  runtime.env.wasm.numThreads = 1;
  return runtime;
};

const runtime = loadRuntime();
const sessions = new Map();

// One call at a time: a session is busy until it answers.
let last = Promise.resolve();
const compute = (name, data, shape) => {
  const job = last.then(async () => {
    const { InferenceSession, Tensor } = await runtime;
    if (!sessions.has(name)) {
      const options = { executionProviders: ["wasm"] };
      sessions.set(name, await InferenceSession.create(await carried(name), options));
    }
    const session = sessions.get(name);
    const inputs = { [session.inputNames[0]]: new Tensor("float32", data, shape) };
    return (await session.run(inputs))[session.outputNames[0]].data;
  });
  last = job.catch(() => {});
  return job;
};

const pixelCount = 3 * facts.side ** 2;

const network = {
  async decode(latents) {
    const codes = new Float32Array(latents.length * facts.latentCount);
    latents.forEach((latent, row) => codes.set(latent, row * facts.latentCount));
    const values = await compute("decoder", codes, [latents.length, facts.latentCount]);
    const pixels = Uint8ClampedArray.from(values, (value) => 255 * value);
    return latents.map((_, row) =>
      pixels.subarray(row * pixelCount, (row + 1) * pixelCount),
    );
  },
  async encode(file) {
    const picture = await createImageBitmap(file).catch(() => {
      throw new Error("not a picture that can be decoded");
    });
    const pixels = squareOf(picture);
    const values = Float32Array.from({ length: pixelCount }, (_, index) => {
      return pixels[4 * Math.floor(index / 3) + (index % 3)] / 255;
    });
    const shape = [1, facts.side, facts.side, 3];
    return { latent: Float32Array.from(await compute("encoder", values, shape)), pixels };
  },
  async rename(id, name) {
    keptNames()?.setItem(`${facts.name} ${id}`, name.trim());
  },
};

// The pixels of a picture, cut to its centre, or with bars beside it as in training.
const squareOf = (picture) => {
  const { side } = facts;
  const choose = facts.fit === "pad" ? Math.min : Math.max;
  const scale = choose(side / picture.width, side / picture.height);
  const [width, height] = [picture.width, picture.height].map((length) =>
    Math.max(1, Math.round(scale * length)),
  );
  const place = [Math.floor((side - width) / 2), Math.floor((side - height) / 2), width, height];
  const context = new OffscreenCanvas(side, side).getContext("2d");
  context.imageSmoothingQuality = "high";
  // Transparency is laid over white, the bars stay clear.
  context.fillStyle = "white";
  context.fillRect(...place);
  context.drawImage(picture, ...place);
  return context.getImageData(0, 0, side, side).data;
};

// Names that the user gave stay in the browser, where it lets a page keep something.
const keptNames = () => {
  try {
    return localStorage;
  } catch {
    return null;
  }
};

for (const slider of facts.sliders) {
  slider.name = keptNames()?.getItem(`${facts.name} ${slider.id}`) ?? slider.name;
}
