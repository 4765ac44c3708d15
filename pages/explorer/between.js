// The way between two to four kept pictures, as a strip, a GIF or a video.

const mostPins = 4;
const millisecondsPerFrame = 80;
const ways = { straight: straightBetween, spherical: sphericalBetween };
const pins = [];

const pin = async () => {
  await refreshing;
  if (pins.length === mostPins) pins.shift();
  pins.push({ latent: state.latent, canvas: copyOf(element("picture")) });
  say(`Kept: ${pins.length} of at most ${mostPins} pictures.`);
  paintPins();
};

const paintPins = () => {
  const buttons = pins.map(({ canvas }, index) =>
    thumbnail(canvas, `remove picture ${index + 1}`, () => {
      pins.splice(index, 1);
      paintPins();
    }),
  );
  element("pins").replaceChildren(...buttons);
  const isWay = pins.length > 1;
  element("way-strip").hidden = element("way-files").hidden = !isWay;
  if (isWay) paintWay();
};

// The pictures of the way; each kept one is met exactly.
const drawWay = () => {
  const between = ways[element("way").value];
  const count = Math.min(60, Math.max(3, Number(element("steps").value)));
  const latents = pins.slice(1).flatMap(({ latent }, index) =>
    Array.from({ length: count }, (_, step) => between(pins[index].latent, latent, step / count)),
  );
  return network.decode([...latents, pins.at(-1).latent]);
};

const paintWay = () =>
  attempt(async () => {
    const frames = await drawWay();
    const canvas = element("way-strip");
    [canvas.width, canvas.height] = [frames.length * facts.side, facts.side];
    const context = canvas.getContext("2d");
    frames.forEach((pixels, index) => context.drawImage(canvasOf(pixels), index * facts.side, 0));
  });

const saveStrip = async () => {
  await paintWay();
  download(await toBlob(element("way-strip")), "way.png");
};

const saveGif = () =>
  attempt(async () => {
    const frames = await drawWay();
    const backwards = frames.slice(1, -1).reverse();
    download(gifOf([...frames, ...backwards], millisecondsPerFrame), "way.gif");
  });

const saveVideo = () =>
  attempt(async () => {
    const kinds = ["video/mp4;codecs=avc1.42E01E", "video/webm;codecs=vp9", "video/webm"];
    const kind = kinds.find((name) => MediaRecorder.isTypeSupported(name));
    if (!kind) throw new Error("This browser records no video; save a GIF.");
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 512;
    const context = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: kind });
    const parts = [];
    recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
    const ended = new Promise((resolve) => recorder.addEventListener("stop", resolve));
    const frames = await drawWay();
    say("recording …");
    recorder.start();
    for (const pixels of frames) {
      context.drawImage(canvasOf(pixels), 0, 0, 512, 512);
      await new Promise((resolve) => setTimeout(resolve, millisecondsPerFrame));
    }
    recorder.stop();
    await ended;
    download(new Blob(parts, { type: kind }), `way.${kind.slice(6).split(";")[0]}`);
    say("The video is saved.");
  });
